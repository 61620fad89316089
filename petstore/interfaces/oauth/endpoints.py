"""The endpoints that applications call: form-encoded in, JSON out, errors by RFC 6749 (contract, OAuth 2.0).

They have no cookies, no pages and no X-Tenant-ID: the tenant is the application's.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Final

import orjson
from django.http import HttpRequest, HttpResponse

from kernel.access import Access, CountedBy
from kernel.caller import NO_CREDENTIALS
from petstore.interfaces.calls import CountedCall, RateLimitExceeded, count_against_quota
from petstore.interfaces.entry.rate_limits import set_rate_limit_headers
from petstore.interfaces.entry.request_heads import check_request_head
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.oauth_errors import build_oauth_error, build_oauth_response
from petstore.interfaces.http.problems import DATABASE_AWAY, RETRY_AFTER_SECONDS
from petstore.interfaces.oauth.parameters import BadParameters, Parameters, find_repeated_names, parse_parameters
from petstore.interfaces.oauth.server import OAuthCore

FORM_TYPE: Final = "application/x-www-form-urlencoded"
MAX_FORM: Final = 64 * 1024
_BY_ADDRESS: Final = Access(is_token_optional=True, counted_by=CountedBy.ADDRESS)
_SUCCESS: Final = 200
_PENDING: Final = "authorization_pending"

_SENTENCES: Final = {
    "invalid_client": "The application is unknown, paused, or has not authenticated as it has to.",
    "invalid_scope": "The scope is missing, unknown, or not the application's.",
    "unauthorized_client": "This application may not use this grant.",
    "unsupported_grant_type": "Offered are authorization_code, refresh_token and the device code.",
}
"""Descriptions of errors to which oauthlib gives none."""

Answer = tuple[int, Mapping[str, Any] | None]
"""Status and JSON body."""
Handler = Callable[[HttpRequest, OAuthCore], Answer]


def form_endpoint(*, is_success_free: bool) -> Callable[[Handler], Callable[[HttpRequest], HttpResponse]]:
    """Make the view of an endpoint that takes a form.

    All calls count against the quota of the address, and those that succeed are given back where they are free:
    guessing is limited, and a server that acts for thousands of users is not.
    """

    def make_view(handle: Handler) -> Callable[[HttpRequest], HttpResponse]:
        @wraps(handle)
        def answer_form(request: HttpRequest) -> HttpResponse:
            counted = None
            try:
                counted = count_against_quota(NO_CREDENTIALS, _BY_ADDRESS, peer_of_request(request))
                response, is_success = _answer_form(request, counted, handle)
            except DATABASE_AWAY:
                retry = (("Retry-After", str(RETRY_AFTER_SECONDS)),)
                response, is_success = build_oauth_error(503, "Try again in a moment.", headers=retry), False
            if counted is not None:
                set_rate_limit_headers(counted.restore_quota() if is_success and is_success_free else counted, response)
            return response

        return answer_form

    return make_view


def _answer_form(request: HttpRequest, counted: CountedCall | None, handle: Handler) -> tuple[HttpResponse, bool]:
    """Return the response, and whether the call has succeeded; a device that asks in time has, too."""
    try:
        if counted is not None:
            counted.require_quota_left()
        status, body = handle(request, OAuthCore(request, _read_form(request)))
    except RateLimitExceeded as error:
        return build_oauth_error(429, error.detail, headers=(("Retry-After", str(error.retry_after)),)), False
    except MethodRefused:
        return build_oauth_error(405, "This endpoint takes POST.", headers=(("Allow", "POST"),)), False
    except BadParameters as error:
        return build_oauth_error(400, str(error)), False
    if body is not None and body.get("error") in _SENTENCES:
        body = {"error_description": _SENTENCES[body["error"]]} | dict(body)
    is_success = status == _SUCCESS or (body is not None and body.get("error") == _PENDING)
    return build_oauth_response(status, b"" if body is None else orjson.dumps(body)), is_success


class MethodRefused(Exception):
    """The endpoint takes POST only."""


def _read_form(request: HttpRequest) -> Parameters:
    """Return the parameters of a form.

    Raises:
        MethodRefused
        BadParameters: head or body are not those of a small form, or a parameter stands twice.
    """
    problem = check_request_head(request)
    if problem is not None:
        raise BadParameters(problem.detail or problem.title)
    if request.method != "POST":
        raise MethodRefused
    if request.META.get("QUERY_STRING"):
        raise BadParameters("Parameters belong in the body, not in the address.")
    if request.content_type != FORM_TYPE or _names_other_charset(request):
        raise BadParameters(f"The body has to be {FORM_TYPE} in UTF-8.")
    if int(request.META.get("CONTENT_LENGTH") or 0) > MAX_FORM:
        raise BadParameters(f"The body is larger than {MAX_FORM} bytes.")
    parameters = parse_parameters(request.body)
    if find_repeated_names(parameters):
        raise BadParameters("A parameter stands twice.")
    return parameters


def _names_other_charset(request: HttpRequest) -> bool:
    return (request.content_params or {}).get("charset", "utf-8").lower() not in ("utf-8", "utf8")


@form_endpoint(is_success_free=True)
def issue_tokens(request: HttpRequest, core: OAuthCore) -> Answer:
    """Exchange a code, a device code or a refresh token for tokens (RFC 6749, 3.2)."""
    _, _, body, status = core.create_token_response(request)
    return status, orjson.loads(body)


@form_endpoint(is_success_free=False)
def authorize_device(request: HttpRequest, core: OAuthCore) -> Answer:
    """Begin the request of a device (RFC 8628, 3.1); it is stored, so that each call counts."""
    _, body, status = core.create_device_authorization_response(request)
    return status, orjson.loads(body) if isinstance(body, str) else body


@form_endpoint(is_success_free=True)
def revoke_token(request: HttpRequest, core: OAuthCore) -> Answer:
    """End a token of the application, and with it all tokens of the same grant (RFC 7009)."""
    _, _, body, status = core.create_revocation_response(request)
    return status, orjson.loads(body) if body else None


@form_endpoint(is_success_free=True)
def introspect_token(request: HttpRequest, core: OAuthCore) -> Answer:
    """Tell a CONFIDENTIAL application whether a token is good, and what it says (RFC 7662)."""
    _, body, status = core.create_introspect_response(request)
    return status, orjson.loads(body)

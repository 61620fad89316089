"""The middleware of the API: one quota, one tenant and one set of headers for every request."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import patch_vary_headers

from kernel.errors import DomainError
from petstore.interfaces.calls import CountedCall, open_tenant_scope
from petstore.interfaces.entry.rate_limits import count_request, set_rate_limit_headers
from petstore.interfaces.http.callers import tenant_header_of
from petstore.interfaces.http.compression import compress_response
from petstore.interfaces.http.paths import is_api_request
from petstore.interfaces.http.problems import DATABASE_AWAY, Problem, build_problem_response, translate_exception
from petstore.server.awaited_response import AwaitedResponse
from petstore.server.request_limits import MAX_LENGTH_DIGITS, MAX_QUERY, REPEATED_HEADER, find_body_limit

NEEDS_LENGTH = ("POST", "PUT", "PATCH", "QUERY")
HAS_NO_LENGTH = (204, 304)
_R = TypeVar("_R", bound=HttpResponseBase)
VARY = ("X-Tenant-ID", "Authorization", "Accept", "Accept-Encoding")


class ApiMiddleware:
    """Count the request, check its head, open its tenant and set the headers that every answer has."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_api_request(request):
            return self.get_response(request)
        counted = None
        try:
            counted = count_request(request)
            response = self._respond_in_tenant(request, counted)
        except (DomainError, *DATABASE_AWAY) as error:  # of this middleware: what views raise is a response already
            response = build_problem_response(translate_exception(error) or Problem.of_status(500), request)
        if counted is not None:
            set_rate_limit_headers(counted, response)
        if isinstance(response, AwaitedResponse):
            response.finish_with(partial(_finish_awaited, request))
        else:
            _set_common_headers(request, response)
        return response

    def _respond_in_tenant(self, request: HttpRequest, counted: CountedCall | None) -> HttpResponse:
        if counted is not None:
            counted.require_quota_left()
        problem = _check_request_head(request)
        if problem is not None:
            return build_problem_response(problem, request)
        with open_tenant_scope(tenant_header_of(request)) as tenant:
            vars(request)["tenant"] = tenant
            return _as_problem(request, self.get_response(request))


def _finish_awaited(request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
    final = _as_problem(request, response)
    _set_common_headers(request, final)
    return final


def _as_problem(request: HttpRequest, response: _R) -> _R | HttpResponse:
    """Replace a page that Django made of an error, such as DEBUG's, by a problem."""
    is_page = response.headers.get("Content-Type", "").startswith("text/")
    if response.status_code < 400 or not is_page:  # noqa: PLR2004  # RFC 9110, 15.5
        return response
    return build_problem_response(Problem.of_status(response.status_code), request)


def _check_request_head(request: HttpRequest) -> Problem | None:
    """Return what is wrong with the head of the request, before its body or its caller matters; None if nothing."""
    try:
        vars(request)["host"] = request.get_host()
    except DisallowedHost:
        return Problem.of_status(400, "The Host header names no host of this service.")
    if REPEATED_HEADER in request.META:
        return Problem.of_status(400, f"{request.META[REPEATED_HEADER]} may stand once only.")
    if len(request.META.get("QUERY_STRING", "")) > MAX_QUERY:
        return Problem.of_status(400, f"The query string is longer than {MAX_QUERY} characters.")
    if request.META.get("HTTP_CONTENT_ENCODING", "identity").lower() != "identity" and request.method in NEEDS_LENGTH:
        return Problem.of_status(
            415, "Bodies are taken without a Content-Encoding.", (("Accept-Encoding", "identity"),)
        )
    if not request.META.get("CONTENT_LENGTH") and _hides_body_length(request):
        return Problem.of_status(411)
    return _check_body_length(request)


def _hides_body_length(request: HttpRequest) -> bool:
    """Recognise a body that Django would read as empty: chunks in HTTP/1.1, frames in HTTP/2. WSGI only."""
    is_framed = request.META.get("SERVER_PROTOCOL", "").startswith("HTTP/2") and request.method in NEEDS_LENGTH
    return "HTTP_TRANSFER_ENCODING" in request.META or is_framed


def _check_body_length(request: HttpRequest) -> Problem | None:
    text = request.META.get("CONTENT_LENGTH") or "0"
    if not text.isascii() or not text.isdigit():
        return Problem.of_status(400, "Content-Length is not a number.")
    if len(text) > MAX_LENGTH_DIGITS:
        return Problem.of_status(413)
    most = find_body_limit(request.path_info, request.content_type or "")
    return Problem.of_status(413) if int(text) > most else None


def _set_common_headers(request: HttpRequest, response: HttpResponseBase) -> None:
    response.headers.setdefault("Cache-Control", "private, no-cache")
    if "Vary" in response.headers:
        patch_vary_headers(response, VARY)
    else:
        response.headers["Vary"] = ", ".join(VARY)
    if isinstance(response, HttpResponse) and response.status_code not in HAS_NO_LENGTH:
        compress_response(request, response)
        response["Content-Length"] = str(len(response.content))

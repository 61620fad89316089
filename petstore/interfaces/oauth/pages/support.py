"""The tokens of the support page: its script asks for them with the browser's session (contract, Support page).

The page lies outside of /oauth and has no cookie. A script of another site can neither send this cookie (SameSite) nor
read the answer; its `Origin`, which every browser sends with a POST or DELETE, is refused before anything is done.
"""

from datetime import timedelta
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from accounts.services.chat_sessions import CHAT_LIFETIME, find_chat_session
from kernel.access import access_of
from kernel.caller import NO_CREDENTIALS
from kernel.errors import DomainError, Forbidden
from petstore.interfaces.calls import count_against_quota
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.http.problems import Problem, build_problem_response, translate_exception
from petstore.interfaces.http.support_addresses import find_asked_address, find_support_tenant
from petstore.interfaces.http.tokens import issue_chat_token
from petstore.interfaces.oauth.pages.browser_sessions import (
    BrowserSession,
    end_browser_session,
    open_browser_session,
)
from petstore.interfaces.representation.json_text import JSON_MEDIA_TYPE, render_json_bytes
from tenants.scoping import SHARED_POOL_ID

HEADERS: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
NOBODY: Final = 204


@csrf_exempt  # the check of the origin takes its place, so that the page needs no cookie
@require_http_methods(["POST", "DELETE"])
def serve_support_session(request: HttpRequest) -> HttpResponse:
    """Answer a POST by a token for support chat, and 204 where no customer of the tenant is logged in; log out at
    DELETE."""
    try:
        _require_own_origin(request)
        response = _log_out(request) if request.method == "DELETE" else _issue_token(request)
    except DomainError as error:
        response = build_problem_response(translate_exception(error) or Problem.of_status(400), request)
    for name, value in HEADERS.items():
        response[name] = value
    return response


def _require_own_origin(request: HttpRequest) -> None:
    own = f"{request.scheme}://{request.get_host()}"
    if request.headers.get("Origin") not in {own, *settings.CSRF_TRUSTED_ORIGINS}:
        raise Forbidden("Only the pages of this site may ask for this.")


def _log_out(request: HttpRequest) -> HttpResponse:
    response = HttpResponse(status=NOBODY)
    end_browser_session(request, response)
    return response


def _issue_token(request: HttpRequest) -> HttpResponse:
    counted = count_against_quota(NO_CREDENTIALS, access_of(find_chat_session), peer_of_request(request))
    if counted is not None:
        counted.require_quota_left()
    address = find_asked_address(request.GET)
    if address is None:
        return build_problem_response(Problem.of_status(400, "tenantId is one UUID of version 4 or 7."), request)
    with open_browser_session(request, find_support_tenant(address) or SHARED_POOL_ID) as session:
        return HttpResponse(status=NOBODY) if session is None else _respond_with_token(session)


def _respond_with_token(session: BrowserSession) -> HttpResponse:
    login = find_chat_session(session_id=session.session_id, actor=session.actor)
    expires_in = CHAT_LIFETIME // timedelta(seconds=1)  # no moment: a browser's clock may be wrong
    body = {"token": issue_chat_token(login), "expiresIn": expires_in, "username": session.user.username}
    return HttpResponse(render_json_bytes(body), content_type=JSON_MEDIA_TYPE)

"""What surrounds every request, and what surrounds only the pages for people."""

import re
from collections.abc import Callable

import structlog
from django.conf import settings
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware import clickjacking, common, csrf
from django.utils.deprecation import MiddlewareMixin
from whitenoise.middleware import WhiteNoiseMiddleware

from accounts.models import User
from accounts.queries import tenants_of
from kernel import ids
from kernel.actor import Role
from kernel.cards import holds_card_number
from petstore.interfaces.backoffice import session_timeout
from petstore.interfaces.backoffice.actors import build_request_actor
from petstore.server.request_limits import MAX_LENGTH_DIGITS, MAX_UPLOAD
from tenants.scoping import all_tenants, member_scope

GetResponse = Callable[[HttpRequest], HttpResponse]

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data: https: http:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
"""Attributes may have styles: bars of charts, and what unfold's and Django's scripts write.
A pet's photos may lie anywhere (contract, Pet)."""


def _is_valid_request_id(request_id: str) -> bool:
    """It is kept in the log and the journal, where no card number may be (G7); parts of UUIDs look like some."""
    if not _SANE_REQUEST_ID.match(request_id):
        return False
    return ids.parse_id(request_id) is not None or not holds_card_number(request_id)


class RequestIdMiddleware:
    """Take a sane X-Request-ID or make one; echo it and put it on every log line (contract, Request id)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _is_valid_request_id(given) else ids.new_id_text()
        request.request_id = request_id  # type: ignore[attr-defined]  # Django types no attributes of ours
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class PagesOnly:
    """Steps aside for /v1, which has no sessions, cookies or forms: the API pays for none of it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(settings.API_PREFIX):
            response: HttpResponseBase = self.get_response(request)  # type: ignore[attr-defined]  # from the other base
            return response
        return super().__call__(request)  # type: ignore[misc,no-any-return]  # from the other base


class StaticFilesMiddleware(PagesOnly, WhiteNoiseMiddleware):
    pass


class ContentSecurityPolicyMiddleware(PagesOnly, MiddlewareMixin):
    """A page runs scripts of ours that stand in files, and nothing else; a view may have a policy of its own."""

    def process_response(self, _request: HttpRequest, response: HttpResponse) -> HttpResponse:
        is_debug_page = settings.DEBUG and response.status_code in {404, 500}  # Django's own, with inline scripts
        if not is_debug_page:
            response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        return response


class BodySizeMiddleware(PagesOnly, MiddlewareMixin):
    """Nobody sends a page more than a photo: what is larger is not read."""

    def process_request(self, request: HttpRequest) -> None:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isascii() and length.isdigit() and (len(length) > MAX_LENGTH_DIGITS or int(length) > MAX_UPLOAD):
            raise RequestDataTooBig


class SessionMiddleware(PagesOnly, sessions.SessionMiddleware):
    pass


class CommonMiddleware(PagesOnly, common.CommonMiddleware):
    pass


class CsrfViewMiddleware(PagesOnly, csrf.CsrfViewMiddleware):
    pass


class AuthenticationMiddleware(PagesOnly, auth.AuthenticationMiddleware):
    pass


class MessageMiddleware(PagesOnly, messages.MessageMiddleware):
    pass


class XFrameOptionsMiddleware(PagesOnly, clickjacking.XFrameOptionsMiddleware):
    pass


class BackOfficeScopeMiddleware:
    """Staff pages see the tenants of whoever is logged in; other pages see none."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.BACK_OFFICE_PREFIX):
            return self.get_response(request)
        session_timeout.refresh_or_end_session(request)
        response = self._answer(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        user = request.user
        request.actor = build_request_actor(request)  # type: ignore[attr-defined]  # Django types no attributes of ours
        if not isinstance(user, User):
            with member_scope(()):
                return self.get_response(request)
        if user.role == Role.ADMIN:
            with all_tenants(reason="back office of an admin"):
                return self.get_response(request)
        with member_scope(tenants_of(user)):
            return self.get_response(request)

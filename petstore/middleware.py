"""What surrounds every request, and what surrounds only the pages for people."""

import re
from collections.abc import Callable

import structlog
from django.contrib.auth import middleware as auth
from django.contrib.messages import middleware as messages
from django.contrib.sessions import middleware as sessions
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.middleware import clickjacking, common, csrf
from whitenoise.middleware import WhiteNoiseMiddleware

from accounts.models import User
from accounts.queries import workplaces
from kernel import ids
from kernel.actor import Role
from petstore.backoffice.actors import actor_of
from tenants.scoping import all_tenants, member_scope

GetResponse = Callable[[HttpRequest], HttpResponse]

_SANE_REQUEST_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}\Z")
_API = "/v1/"


class RequestIdMiddleware:
    """Take a sane X-Request-ID or make one; echo it and put it on every log line (contract, Request id)."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _SANE_REQUEST_ID.match(given) else str(ids.new_id())
        request.request_id = request_id  # type: ignore[attr-defined]  # Django types no attributes of ours
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        response = self.get_response(request)
        response["X-Request-ID"] = request_id
        return response


class PagesOnly:
    """Steps aside for /v1, which has no sessions, cookies or forms: the API pays for none of it."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if request.path_info.startswith(_API):
            response: HttpResponseBase = self.get_response(request)  # type: ignore[attr-defined]  # from the other base
            return response
        return super().__call__(request)  # type: ignore[misc,no-any-return]  # from the other base


class StaticFilesMiddleware(PagesOnly, WhiteNoiseMiddleware):
    pass


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
        if not request.path_info.startswith("/admin/"):
            return self.get_response(request)
        user = request.user
        request.actor = actor_of(request)  # type: ignore[attr-defined]  # Django types no attributes of ours
        if not isinstance(user, User):
            with member_scope(()):
                return self.get_response(request)
        if user.role == Role.ADMIN:
            with all_tenants(reason="back office of an admin"):
                return self.get_response(request)
        with member_scope(workplaces(user)):
            return self.get_response(request)

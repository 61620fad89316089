"""The middleware of the back office: every page is served in the tenants of its user."""

import re
from collections.abc import Callable
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from petstore.interfaces.backoffice import session_timeout
from petstore.interfaces.backoffice.actors import build_request_actor
from petstore.interfaces.backoffice.scopes import open_user_scope
from petstore.interfaces.entry.replicas import open_list_read

LIST_PAGE: Final = re.compile(rf"{re.escape(settings.BACK_OFFICE_PREFIX)}(?:[a-z_]+/[a-z_]+/)?")
"""The dashboard and the lists."""


class BackOfficeScopeMiddleware:
    """Open the tenants of the user for a page of the back office, all tenants for an admin, none for a stranger."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith(settings.BACK_OFFICE_PREFIX):
            return self.get_response(request)
        session_timeout.refresh_or_end_session(request)
        response = self._respond_in_scope(request)
        response.headers.setdefault("Cache-Control", "no-store")
        return response

    def _respond_in_scope(self, request: HttpRequest) -> HttpResponse:
        request.actor = build_request_actor(request)  # type: ignore[attr-defined]  # Django types no attributes of ours
        with open_user_scope(request.user):
            if request.method != "GET" or not LIST_PAGE.fullmatch(request.path_info):
                return self.get_response(request)
            with open_list_read(request):  # pages are rendered inside
                return self.get_response(request)

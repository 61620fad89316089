"""The middleware of the back office: every page is served in the tenants of its user."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.queries import tenant_ids_of_user
from kernel.actor import Role
from petstore.interfaces.backoffice import session_timeout
from petstore.interfaces.backoffice.actors import build_request_actor
from tenants.scoping import all_tenants, member_scope


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
        user = request.user
        request.actor = build_request_actor(request)  # type: ignore[attr-defined]  # Django types no attributes of ours
        if not isinstance(user, User):
            with member_scope(()):
                return self.get_response(request)
        if user.role == Role.ADMIN:
            with all_tenants(reason="back office of an admin"):
                return self.get_response(request)
        with member_scope(tenant_ids_of_user(user)):
            return self.get_response(request)

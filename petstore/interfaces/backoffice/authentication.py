"""Authenticate staff and admins for the back office, whose names are unique over all tenants."""

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import Permission
from django.db.models import QuerySet
from django.http import HttpRequest

from accounts.models import User
from accounts.services.sessions import authenticate_staff_member
from kernel.actor import ANONYMOUS
from tenants.scoping import all_tenants


class BackOfficeBackend(ModelBackend):
    """Authenticate active staff and admins; customers use the API. Permissions come of groups alone."""

    def authenticate(
        self, request: HttpRequest | None, username: str | None = None, password: str | None = None, **_kwargs: Any
    ) -> User | None:
        if username is None or password is None:
            return None
        actor = getattr(request, "actor", ANONYMOUS)
        return authenticate_staff_member(username=username, password=password, actor=actor)

    def get_user(self, user_id: UUID) -> User | None:
        with all_tenants(reason="the session's user may have any home"):
            user: User | None = User.objects.filter(pk=user_id).first()
        return user if user is not None and user.is_staff else None

    def _get_user_permissions(self, user_obj: User) -> QuerySet[Permission]:
        """Return none: permissions of a single user would not hold over REST, which reads those of groups."""
        return Permission.objects.none()

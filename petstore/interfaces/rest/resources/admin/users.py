"""Serve /v1/admin/users (contract, Admin API)."""

from typing import ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request

from accounts.models import User
from accounts.queries import (
    UserRow,
    get_account_for_staff,
    get_visible_user,
    list_accounts_for_staff,
    select_user_rows,
)
from accounts.services.registration import change_user_status
from kernel.access import UseCase
from kernel.actor import Role
from kernel.text import MAX_REASON
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.compiled_lists import CompiledList
from petstore.interfaces.representation.etags import format_version_etag
from petstore.interfaces.representation.fields import BlankTextField, EnumField
from petstore.interfaces.representation.filters import EnumFilter, SearchFilter, filter_by_query
from petstore.interfaces.representation.serializers import InputSerializer
from petstore.interfaces.representation.users import UserOutput
from petstore.interfaces.rest.conditional import read_expected_version, respond_with_etag
from petstore.interfaces.rest.openapi.error_responses import describe_conflict_response
from petstore.interfaces.rest.pagination import PaginatedViewSet
from petstore.interfaces.rest.renderers import Response

STATUSES = [User.Status.ACTIVE.value, User.Status.SUSPENDED.value]
"""The statuses of open accounts; closed ones are not listed."""


class AdminUserOutput(UserOutput):
    """A user with their role and status."""

    role = EnumField(choices=list(Role))
    status = EnumField(choices=STATUSES)

    class Meta:
        ref_name = "AdminUser"


class UserStatusInput(InputSerializer):
    """The new status of an account, and the reason."""

    status = EnumField(choices=STATUSES)
    reason = BlankTextField(max_length=MAX_REASON, help_text="For the journal.")

    class Meta:
        ref_name = "UserStatusChange"


class AdminUserFilter(django_filters.FilterSet):
    """The filters of `GET /admin/users`."""

    status = EnumFilter(choices=STATUSES)
    role = EnumFilter(choices=list(Role))
    search = SearchFilter(
        columns=("username", "email", "first_name", "last_name"),
        help_text="Part of the username, the e-mail address or a name, in any case.",
    )

    class Meta:
        model = User
        fields: ClassVar[list[str]] = []


_ACCOUNTS = CompiledList(UserRow._make, User, select_user_rows, AdminUserFilter, common=frozenset(("status",)))


class AdminUserViewSet(PaginatedViewSet):
    """The open accounts of the tenant, for its staff."""

    resource = "users"
    serializer_class = AdminUserOutput
    filterset_class = AdminUserFilter
    use_cases: ClassVar[dict[str, UseCase]] = {
        "list": list_accounts_for_staff,
        "retrieve": get_account_for_staff,
        "change_status": change_user_status,
    }

    def get_queryset(self) -> QuerySet[User]:
        return list_accounts_for_staff(self.actor)

    @extend_schema(operation_id="listAdminUsers")
    def list(self, request: Request) -> Response:
        """List the open accounts of the store, oldest first."""
        self.actor.require_staff()
        query = request._request.GET
        found = _ACCOUNTS.read_page(query, self.ordering)
        if found is not None:
            return self.respond_with_read_page(*found)
        return self.respond_with_page(filter_by_query(AdminUserFilter, query, self.get_queryset()))

    @extend_schema(operation_id="getAdminUser")
    def retrieve(self, request: Request, user_id: UUID) -> Response:
        """Get an account of the store."""
        user = get_account_for_staff(user_id, actor=self.actor)
        return respond_with_etag(
            request, format_version_etag(user.version), lambda: compile_representation(AdminUserOutput)(user)
        )

    @extend_schema(
        operation_id="updateUserStatus",
        request=UserStatusInput,
        responses={200: AdminUserOutput, 409: describe_conflict_response("It is the caller's own account.")},
    )
    def change_status(self, request: Request, user_id: UUID) -> Response:
        """Suspend an account or make it active again. The tokens of a suspended account stop working at once.

        Staff change the status of customers, admins that of everybody except themselves.
        """
        body = UserStatusInput.validate_request_body(request.data)
        expected = read_expected_version(request, lambda: get_visible_user(user_id, actor=self.actor).version)
        user = change_user_status(user_id=user_id, **body, actor=self.actor, expected_version=expected)
        return Response(
            compile_representation(AdminUserOutput)(user), headers={"ETag": format_version_etag(user.version)}
        )

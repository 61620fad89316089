"""Serve /v1/admin/audit-logs, the journal (contract, Admin API)."""

from collections.abc import Callable
from typing import Any, ClassVar
from uuid import UUID

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request

from events.models import Action, AuditEvent, EntityType
from events.queries import AuditEventRow, get_audit_event, list_audit_events, select_audit_event_rows
from kernel.access import UseCase
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.compiled_lists import CompiledList
from petstore.interfaces.representation.cursors import NEWEST_FIRST
from petstore.interfaces.representation.etags import format_version_etag
from petstore.interfaces.representation.fields import (
    BlankTextField,
    EnumField,
    IdField,
    TenantIdField,
    TextField,
    TimestampField,
)
from petstore.interfaces.representation.filters import EnumFilter, IdFilter, filter_by_query
from petstore.interfaces.representation.serializers import OutputSerializer
from petstore.interfaces.rest import date_ranges
from petstore.interfaces.rest.conditional import respond_with_etag
from petstore.interfaces.rest.pagination import PaginatedViewSet
from petstore.interfaces.rest.renderers import Response
from public_events.representation import represent_event_details

ONLY_VERSION = 1
"""Audit events never change."""


class DetailsField(serializers.DictField):
    """An audit event's details: orders and payments as the API has them, everything else as it is recorded."""

    represent_value: ClassVar[Callable[[Any], Any]] = staticmethod(represent_event_details)

    def to_representation(self, value: Any) -> Any:
        return represent_event_details(value)


class AuditLogOutput(OutputSerializer):
    """An audit event."""

    id = IdField()
    action = EnumField(choices=Action.values)
    userId = IdField(
        source="actor_id",
        allow_null=True,
        help_text="The user who did it; null for the system and for callers without a token.",
    )
    entityType = EnumField(source="entity_type", choices=EntityType.values)
    entityId = IdField(source="entity_id", allow_null=True)
    details = DetailsField(help_text="`changes` maps a field to its old and its new value.")
    ipAddress = TextField(source="ip_address", allow_null=True)
    requestId = BlankTextField(source="request_id")
    createdAt = TimestampField(source="created_at")
    tenantId = TenantIdField(source="tenant_id")

    class Meta:
        ref_name = "AuditLog"


class AuditLogFilter(django_filters.FilterSet):
    """The filters of `GET /admin/audit-logs`."""

    action = EnumFilter(choices=Action.values)
    entityType = EnumFilter(field_name="entity_type", choices=EntityType.values)
    entityId = IdFilter(field_name="entity_id")
    userId = IdFilter(field_name="actor_id", help_text="The user who did it.")
    _from = date_ranges.build_start_filter("created_at")
    to = date_ranges.build_end_filter("created_at")

    class Meta:
        model = AuditEvent
        fields: ClassVar[list[str]] = []

    @classmethod
    def get_filters(cls) -> dict[str, django_filters.Filter]:
        """Rename `_from`, which is a keyword of Python without its underscore."""
        filters: dict[str, Any] = super().get_filters()
        return {name.lstrip("_"): each for name, each in filters.items()}


_ENTRIES = CompiledList(
    AuditEventRow._make,
    AuditEvent,
    select_audit_event_rows,
    AuditLogFilter,
    common=frozenset(("action", "entityType", "entityId", "userId", "from", "to")),
)


class AuditLogViewSet(PaginatedViewSet):
    """The journal of the tenant, for its staff."""

    resource = "auditLogs"
    serializer_class = AuditLogOutput
    filterset_class = AuditLogFilter
    ordering = NEWEST_FIRST
    use_cases: ClassVar[dict[str, UseCase]] = {"list": list_audit_events, "retrieve": get_audit_event}

    def get_queryset(self) -> QuerySet[AuditEvent]:
        return list_audit_events(self.actor)

    @extend_schema(operation_id="listAuditLogs")
    def list(self, request: Request) -> Response:
        """List the audit events, newest first."""
        self.actor.require_staff()
        query = request._request.GET
        found = _ENTRIES.read_page(query, NEWEST_FIRST)
        if found is not None:
            return self.respond_with_read_page(*found)
        return self.respond_with_page(filter_by_query(AuditLogFilter, query, self.get_queryset()))

    @extend_schema(operation_id="getAuditLog")
    def retrieve(self, request: Request, entry_id: UUID) -> Response:
        """Get an audit event."""
        entry = get_audit_event(entry_id, actor=self.actor)
        return respond_with_etag(
            request, format_version_etag(ONLY_VERSION), lambda: compile_representation(AuditLogOutput)(entry)
        )

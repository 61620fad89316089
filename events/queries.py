"""Reads of the journal (contract, AuditLog)."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, QuerySet

from database import compiled_query
from events.models import AuditEvent, ChainLink, EntityType, PendingEvent
from kernel import ids
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Role
from kernel.errors import NotFound
from tenants.scoping import TenantQuerySet, all_tenants

REASON = "the worker serves all tenants"


def scoped_audit_events() -> TenantQuerySet[AuditEvent]:
    """Return all events of the scope, newest first."""
    entries: TenantQuerySet[AuditEvent] = AuditEvent.objects.order_by("-created_at", "-id")
    return entries


def read_newest_position() -> int:
    """Return the last position of the hash chain, over all tenants; 0 while it is empty.

    Links become visible in their order, one transaction after the other: a reader of one has seen all before it.
    """
    with all_tenants(reason=REASON):
        return ChainLink.objects.order_by("-position").values_list("position", flat=True).first() or 0


def list_newest_events(limit: int) -> list[AuditEvent]:
    """List the newest events of the scope with their tenants.

    No index has the times of several tenants together, so the newest ids are read and sorted by time: imported events
    have ids and times of the past.
    """
    newest = AuditEvent.objects.order_by("-pk").select_related("tenant")[: 5 * limit]
    return sorted(newest, key=lambda entry: (entry.created_at, entry.pk), reverse=True)[:limit]


def scoped_events_about(entity_id: UUID) -> TenantQuerySet[AuditEvent]:
    """Return the events about one order, pet, user or tenant of the scope, newest first."""
    return scoped_audit_events().filter(entity_id=entity_id)


def list_latest_written_about(
    entity_types: Collection[EntityType], entity_ids: Collection[UUID]
) -> TenantQuerySet[AuditEvent]:
    """Return the events about these things of the scope, the last written first, whatever the clocks said.

    First those in the outbox, the last one first, then those in the hash chain by their positions. The partitions of
    before these things are not looked at.
    """
    about: TenantQuerySet[AuditEvent] = AuditEvent.objects.filter(
        entity_type__in=entity_types, entity_id__in=entity_ids, id__gte=ids.find_first_id_since(entity_ids)
    )
    return about.order_by(F("chain_link__position").desc(nulls_first=True), F("pending__pk").desc())


@requires_access(TokenScope.READ_USER, least_role=Role.STAFF, is_closed_to_applications=True)
def list_audit_events(actor: Actor) -> TenantQuerySet[AuditEvent]:
    """Return all events of the scope, newest first, for its staff.

    Raises:
        LoginRequired, Forbidden
    """
    actor.require_staff()
    return scoped_audit_events()


@requires_access(TokenScope.READ_USER, least_role=Role.STAFF, is_closed_to_applications=True)
def get_audit_event(entry_id: UUID, *, actor: Actor) -> AuditEvent:
    """Return one event of the scope, for its staff.

    Raises:
        LoginRequired, Forbidden, NotFound
    """
    actor.require_staff()
    entry = _audit_event_by_id(entry_id).first()
    if entry is None:
        raise NotFound("There is no such journal entry.")
    return entry


@compiled_query
def _audit_event_by_id(entry_id: UUID) -> QuerySet[Any, AuditEvent]:
    events: QuerySet[Any, AuditEvent] = AuditEvent.objects.filter(pk=entry_id).order_by()
    return events


class AuditEventRow(NamedTuple):
    """The columns of an audit event in a list; cheaper than a model."""

    id: UUID
    action: str
    entity_type: str
    entity_id: UUID | None
    actor_id: UUID | None
    details: dict[str, Any]
    ip_address: str | None
    request_id: str
    created_at: datetime
    tenant_id: UUID


def select_audit_event_rows() -> QuerySet[Any, tuple[Any, ...]]:
    """Select the rows of AuditEventRow of the scope, in no order."""
    rows: QuerySet[Any, tuple[Any, ...]] = AuditEvent.objects.order_by().values_list(*AuditEventRow._fields)
    return rows


def count_pending_events() -> int:
    """Count the events, of all tenants, that wait for the worker."""
    with all_tenants(reason=REASON):
        return int(PendingEvent.objects.filter(quarantined_at=None).count())


def list_quarantined_events() -> list[UUID]:
    """List the events, of all tenants, that the worker could not read, oldest first."""
    with all_tenants(reason=REASON):
        rows = PendingEvent.objects.filter(quarantined_at__isnull=False).order_by("pk")
        return list(rows.values_list("event_id", flat=True))


def read_oldest_pending_time() -> datetime | None:
    """Return the time of the event that has waited longest for the worker; None when none waits."""
    with all_tenants(reason=REASON):
        rows = PendingEvent.objects.filter(quarantined_at=None).order_by("pk")
        at: datetime | None = rows.values_list("event__created_at", flat=True).first()
    return at

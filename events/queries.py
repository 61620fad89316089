"""Reads of the journal (contract, AuditLog)."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from django.db.models import F

from events.models import EntityType, Event, PendingEvent, Seal
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Role
from kernel.errors import NotFound
from tenants.scoping import TenantQuerySet, all_tenants

_WHY = "the worker serves all tenants"


def journal() -> TenantQuerySet[Event]:
    """All entries of the scope, newest first."""
    entries: TenantQuerySet[Event] = Event.objects.order_by("-created_at", "-id")
    return entries


def newest_position() -> int:
    """Return the last position of the hash chain, over all tenants; 0 while it is empty.

    Links become visible in their order, one transaction after the other: whoever has seen one has seen all before it.
    """
    with all_tenants(reason=_WHY):
        return Seal.objects.order_by("-position").values_list("position", flat=True).first() or 0


def latest(limit: int) -> list[Event]:
    """The last entries of the scope with their tenants.

    Of several tenants no index has the times together, so they are looked for among the newest ids; entries that were
    brought in with a past stand by their time.
    """
    newest = Event.objects.order_by("-pk").select_related("tenant")[: 5 * limit]
    return sorted(newest, key=lambda entry: (entry.created_at, entry.pk), reverse=True)[:limit]


def journal_of(entity_id: UUID) -> TenantQuerySet[Event]:
    """The entries about one order, pet, user or tenant of the scope, newest first."""
    return journal().filter(entity_id=entity_id)


def last_written_about(entity_types: Collection[EntityType], entity_ids: Collection[UUID]) -> TenantQuerySet[Event]:
    """The entries about such things of the scope, the last written first: clocks have no say.

    First those that wait in the outbox, the last one first, then those in the hash chain by their positions.
    """
    about: TenantQuerySet[Event] = Event.objects.filter(entity_type__in=entity_types, entity_id__in=entity_ids)
    return about.order_by(F("seal__position").desc(nulls_first=True), F("pending__pk").desc())


@requires_access(TokenScope.READ_USER, least_role=Role.STAFF)
def entries_for(actor: Actor) -> TenantQuerySet[Event]:
    """All entries of the scope, newest first, for its staff.

    Raises:
        LoginRequired, Forbidden
    """
    actor.require_staff()
    return journal()


@requires_access(TokenScope.READ_USER, least_role=Role.STAFF)
def entry_for(entry_id: UUID, *, actor: Actor) -> Event:
    """One entry of the scope, for its staff.

    Raises:
        LoginRequired, Forbidden, NotFound
    """
    entry: Event | None = entries_for(actor).filter(pk=entry_id).first()
    if entry is None:
        raise NotFound("There is no such entry.")
    return entry


def pending_count() -> int:
    """How many events, of all tenants, wait for the worker."""
    with all_tenants(reason=_WHY):
        return int(PendingEvent.objects.filter(set_aside_at=None).count())


def events_set_aside() -> list[UUID]:
    """The events, of all tenants, that the worker could not read, oldest first."""
    with all_tenants(reason=_WHY):
        rows = PendingEvent.objects.filter(set_aside_at__isnull=False).order_by("pk")
        return list(rows.values_list("event_id", flat=True))


def oldest_pending() -> datetime | None:
    """When the event that has waited longest for the worker happened; None when none waits."""
    with all_tenants(reason=_WHY):
        rows = PendingEvent.objects.filter(set_aside_at=None).order_by("pk")
        at: datetime | None = rows.values_list("event__created_at", flat=True).first()
    return at

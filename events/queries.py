"""Reads of the journal (contract, AuditLog)."""

from datetime import datetime
from uuid import UUID

from events.models import Event, PendingEvent
from kernel.actor import Actor
from kernel.errors import NotFound
from tenants.scoping import TenantQuerySet, all_tenants


def journal() -> TenantQuerySet[Event]:
    """All entries of the scope, newest first."""
    entries: TenantQuerySet[Event] = Event.objects.order_by("-created_at", "-id")
    return entries


def journal_of(entity_id: UUID) -> TenantQuerySet[Event]:
    """The entries about one order, pet, user or tenant of the scope, newest first."""
    return journal().filter(entity_id=entity_id)


def entries_for(actor: Actor) -> TenantQuerySet[Event]:
    """All entries of the scope, newest first, for its staff.

    Raises:
        LoginRequired, Forbidden
    """
    actor.require_staff()
    return journal()


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
    with all_tenants(reason="the worker serves all tenants"):
        return int(PendingEvent.objects.count())


def oldest_pending() -> datetime | None:
    """When the event that has waited longest for the worker happened; None when none waits."""
    with all_tenants(reason="the worker serves all tenants"):
        at: datetime | None = PendingEvent.objects.order_by("pk").values_list("event__created_at", flat=True).first()
    return at

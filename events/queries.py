"""Reads of the journal (contract, AuditLog)."""

from uuid import UUID

from events.models import Event
from tenants.scoping import TenantQuerySet


def journal() -> TenantQuerySet[Event]:
    """All entries of the scope, newest first."""
    entries: TenantQuerySet[Event] = Event.objects.order_by("-created_at", "-id")
    return entries


def journal_of(entity_id: UUID) -> TenantQuerySet[Event]:
    """The entries about one order, pet, user or tenant of the scope, newest first."""
    return journal().filter(entity_id=entity_id)

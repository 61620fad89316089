"""Bringing in history that happened elsewhere or earlier."""

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from database import bulk_insert
from events.hash_chain import seal_events
from events.models import Action, AuditEvent, EntityType
from tenants.scoping import all_tenants


class PastEvent(NamedTuple):
    """The columns of an event (`events.models.AuditEvent`); a tuple, for there are many."""

    id: UUID
    tenant_id: UUID
    action: Action
    entity_type: EntityType
    entity_id: UUID
    actor_id: UUID | None
    details: dict[str, Any]
    created_at: datetime
    ip_address: str | None = None
    request_id: str = ""


def record_past_events(events: Sequence[PastEvent]) -> None:
    """Write past events and seal them at once, in the order in which they happened: they are history, so no webhook
    tells of them.

    Call it inside the transaction that writes what they record.
    """
    events = sorted(events, key=attrgetter("created_at"))
    with all_tenants(reason="the hash chain runs over the whole journal"), transaction.atomic():
        bulk_insert(AuditEvent, PastEvent._fields, events)
        seal_events(events)

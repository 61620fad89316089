"""The journal: every change is recorded here, in its own transaction (contract, AuditLog)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from database.inserts import fresh, insert
from events.models import Action, EntityType, Event, PendingEvent
from kernel.actor import Actor


def record(  # noqa: PLR0913  # one argument a column of the journal
    action: Action,
    *,
    entity_type: EntityType,
    entity_id: UUID | None,
    actor: Actor,
    at: datetime,
    details: dict[str, Any] | None = None,
) -> Event:
    """Write an event and its to-do row. Call it inside the transaction of the change; see `entry`."""
    rows = entry(action, entity_type=entity_type, entity_id=entity_id, actor=actor, at=at, details=details)
    insert(*rows)
    return rows[0]


def entry(  # noqa: PLR0913  # one argument a column of the journal
    action: Action,
    *,
    entity_type: EntityType,
    entity_id: UUID | None,
    actor: Actor,
    at: datetime,
    details: dict[str, Any] | None = None,
) -> tuple[Event, PendingEvent]:
    """An event and its to-do row, to be inserted together with the change that they tell of.

    Args:
        details: JSON; `changes` maps a field to its old and new value. No secrets, and of users no
            personal data: the journal outlives the account.
    """
    event = fresh(
        Event,
        action=action,
        entity_type=entity_type,
        entity_id=entity_id,
        actor_id=actor.user_id,
        details=details or {},
        ip_address=actor.ip_address,
        request_id=actor.request_id,
        created_at=at,
    )
    return event, fresh(PendingEvent, event_id=event.id)

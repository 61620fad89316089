"""Recording of events: each change writes its event in its own transaction (contract, AuditLog)."""

from datetime import datetime
from typing import Any
from uuid import UUID

from database import build_row, unit_of_work
from events.models import Action, AuditEvent, EntityType, PendingEvent
from kernel.actor import Actor


def record_event(  # noqa: PLR0913  # one argument a column of the journal
    action: Action,
    *,
    entity_type: EntityType,
    entity_id: UUID | None,
    actor: Actor,
    at: datetime,
    details: dict[str, Any] | None = None,
) -> AuditEvent:
    """Write an event and its outbox row. Call it inside the transaction of the change; see `build_event_rows`."""
    rows = build_event_rows(action, entity_type=entity_type, entity_id=entity_id, actor=actor, at=at, details=details)
    with unit_of_work() as unit:
        unit.insert(*rows)
    return rows[0]


def build_event_rows(  # noqa: PLR0913  # one argument a column of the journal
    action: Action,
    *,
    entity_type: EntityType,
    entity_id: UUID | None,
    actor: Actor,
    at: datetime,
    details: dict[str, Any] | None = None,
) -> tuple[AuditEvent, PendingEvent]:
    """Build an event and its outbox row, to be inserted together with the change that they record.

    Args:
        details: JSON; `changes` maps a field to its old and new value. No secrets, and of users no
            personal data: the journal outlives the account.
    """
    event = build_row(
        AuditEvent,
        action=action,
        entity_type=entity_type,
        entity_id=entity_id,
        actor_id=actor.user_id,
        details=details or {},
        ip_address=actor.ip_address,
        request_id=actor.request_id,
        created_at=at,
    )
    return event, build_row(PendingEvent, event_id=event.id)

"""Fan-out: public events go into the outbox of MQTT while a broker is named."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from django.conf import settings

from database import bulk_insert
from kernel import clock
from mqtt.models import OutgoingEvent
from mqtt.queue_lock import lock_event_queue
from public_events.payloads import Payload
from public_events.relay import OutboxEvent

_COLUMNS: Final = (
    *("id", "tenant_id", "event_type", "body", "ordering_key", "sequence"),
    *("attempts_made", "due_at", "created_at"),
)


class _Entry(NamedTuple):
    payload: Payload
    tenant_id: UUID
    sequence: int


def queue_public_events(events: Sequence[OutboxEvent]) -> None:
    """Write a row for each payload; nothing at all while MQTT_URL is unset. A publisher of `public_events.relay`."""
    if not settings.MQTT_URL:
        return
    entries = [
        _Entry(payload, event.tenant_id, event.sequence) for event in events for payload in event.read_payloads()
    ]
    if entries:
        lock_event_queue()
        bulk_insert(OutgoingEvent, _COLUMNS, list(_build_event_rows(entries, clock.now())))


def _build_event_rows(entries: Sequence[_Entry], at: datetime) -> Iterator[tuple[object, ...]]:
    """Build a row for each; it is due at once, unless an older one of its key is there."""
    waiting = _find_keys_in_queue({entry.payload.ordering_key for entry in entries})
    for payload, tenant_id, sequence in entries:
        due_at = None if payload.ordering_key in waiting else at
        waiting.add(payload.ordering_key)
        yield payload.id, tenant_id, payload.event_type, payload.body, payload.ordering_key, sequence, 0, due_at, at


def _find_keys_in_queue(ordering_keys: Collection[UUID]) -> set[UUID]:
    rows = OutgoingEvent.objects.first_of_keys().filter(ordering_key__in=ordering_keys)
    return set(rows.values_list("ordering_key", flat=True))

"""The outbox: committed events that are neither sealed nor published yet, in the order in which they were written."""

import logging
from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import QuerySet

from database import compiled_query
from events.chain_links import EventRow
from events.models import AuditEvent, PendingEvent
from kernel import clock
from tenants.scoping import all_tenants

REASON = "the worker seals the events of all tenants"

logger = logging.getLogger(__name__)


class OutboxRow(NamedTuple):
    """An outbox row and its event.

    Attributes:
        sequence: its place in the outbox; of two events about one thing the earlier has the smaller one.
    """

    sequence: int
    event: EventRow


def read_outbox_rows(limit: int) -> list[OutboxRow]:
    """Read the oldest rows that are not quarantined, with their events. Needs `all_tenants`.

    Two statements: joined, the planner would rather read the whole journal than look up so many events.
    """
    rows = list(_oldest_rows(limit=limit))
    named = orjson.dumps([event_id.hex for _, event_id in rows]).decode()
    events = {row[0]: EventRow(*row) for row in _events_named(named)} if rows else {}
    return [OutboxRow(sequence, events[event_id]) for sequence, event_id in rows]


@compiled_query
def _oldest_rows(*, limit: int) -> QuerySet[Any, tuple[int, UUID]]:
    with all_tenants(reason=REASON):
        rows = PendingEvent.objects.filter(quarantined_at=None).order_by("pk")
        return rows.values_list("pk", "event_id")[:limit]


@compiled_query
def _events_named(ids: str) -> QuerySet[Any, tuple[Any, ...]]:
    """Find events by their ids, which come as JSON: a statement that never changes takes no list."""
    with all_tenants(reason=REASON):
        listed = f"id IN ({_IDS_IN_JSON[connection.vendor]})"
        found = AuditEvent.objects.order_by().values_list(*EventRow._fields)
        events: QuerySet[Any, tuple[Any, ...]] = found.extra(where=[listed], params=[ids])  # noqa: S610  # our own text
        return events


_IDS_IN_JSON = {
    "postgresql": "SELECT value::uuid FROM jsonb_array_elements_text(%s::jsonb)",
    "sqlite": "SELECT value FROM json_each(%s)",
}


def has_outbox_rows() -> bool:
    """Say whether an event waits: one statement, so that a worker at rest costs next to nothing."""
    with all_tenants(reason=REASON):
        return _any_row().first() is not None


@compiled_query
def _any_row() -> QuerySet[Any, tuple[Any, ...]]:
    with all_tenants(reason=REASON):
        return PendingEvent.objects.filter(quarantined_at=None).order_by().values_list("pk")[:1]


def remove_outbox_rows(rows: Sequence[OutboxRow]) -> None:
    """Remove the rows of events that this transaction has sealed and published."""
    sequences = [row.sequence for row in rows]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM events_pendingevent WHERE id = ANY(%s)", [sequences])
    else:
        PendingEvent.objects.filter(pk__in=sequences).delete()


def quarantine_outbox_rows(rows: Sequence[OutboxRow]) -> None:
    """Set aside the rows of events that cannot be read."""
    for row in rows:
        logger.error("Event %s (%s) cannot be read: it is quarantined.", row.event.id, row.event.action)
    if rows:
        PendingEvent.objects.filter(pk__in=[row.sequence for row in rows]).update(quarantined_at=clock.now())


def retry_quarantined_events() -> int:
    """Give quarantined events another try, for a new release may be able to read them; return how many there are."""
    with all_tenants(reason=REASON):
        return int(PendingEvent.objects.filter(quarantined_at__isnull=False).update(quarantined_at=None))

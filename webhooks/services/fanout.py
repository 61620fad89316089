"""From the journal to deliveries: who hears of an event."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from database import bulk_insert
from events.hash_chain import UNREADABLE, seal_pending
from events.models import PendingEvent
from kernel import clock, ids
from public_events.payloads import Payload, build_payloads
from webhooks.models import Delivery, Endpoint, Message

AT_ONCE = 500
"""Events in one transaction, which holds the endpoints that hear of them."""

_MESSAGE = ("id", "tenant_id", "event_type", "body", "created_at")
_DELIVERY = (
    "id",
    "tenant_id",
    "endpoint_id",
    "message_id",
    "url",
    "ordering_key",
    "sequence",
    "status",
    "attempts_made",
    "due_at",
    "created_at",
)


class Notification(NamedTuple):
    """A payload that somebody has subscribed to."""

    payload: Payload
    tenant_id: UUID
    sequence: int
    endpoint_ids: tuple[UUID, ...]


def seal_and_tell() -> int:
    """Seal some committed events and make deliveries of them, both or neither; returns how many there were."""
    return seal_pending(AT_ONCE, publish=fan_out)


def fan_out(pending: Sequence[PendingEvent]) -> list[PendingEvent]:
    """Write a message for each payload that somebody hears, and a delivery for each who does, paused ones too.

    The endpoints stay locked until the transaction ends, as `settle` locks them: so no delivery can come to wait
    behind one that is settled at this moment and has promoted nobody. Needs `all_tenants` and a transaction.

    Returns:
        Those that cannot be read, of which nothing is told.
    """
    endpoints = _lock_subscribed({row.tenant_id for row in pending})
    heard: list[Notification] = []
    unreadable = []
    for row in pending if endpoints else ():
        try:
            heard += list(_notifications_of(row, endpoints[row.tenant_id]))
        except UNREADABLE:
            unreadable.append(row)
    if heard:
        _write_deliveries(heard)
    return unreadable


def _write_deliveries(heard: Sequence[Notification]) -> None:
    at = clock.now()
    messages = [(one.payload.id, one.tenant_id, one.payload.event_type, one.payload.body, at) for one in heard]
    bulk_insert(Message, _MESSAGE, messages)
    bulk_insert(Delivery, _DELIVERY, list(_delivery_rows(heard, at)))


def _lock_subscribed(tenant_ids: Collection[UUID]) -> dict[UUID, list[Endpoint]]:
    rows = Endpoint.objects.select_for_update(no_key=True).filter(
        tenant_id__in=tenant_ids, kind=Endpoint.Kind.SUBSCRIPTION
    )
    found: defaultdict[UUID, list[Endpoint]] = defaultdict(list)
    for endpoint in rows.order_by("pk"):
        found[endpoint.tenant_id].append(endpoint)
    return found


def _notifications_of(pending: PendingEvent, endpoints: Sequence[Endpoint]) -> Iterator[Notification]:
    for payload in build_payloads(pending.event) if endpoints else ():
        hearers = tuple(endpoint.id for endpoint in endpoints if payload.event_type in endpoint.events)
        if hearers:
            yield Notification(payload, pending.tenant_id, pending.pk, hearers)


def _delivery_rows(heard: Sequence[Notification], at: datetime) -> Iterator[tuple[object, ...]]:
    """One is due at once, unless an older one of its lane is on its way to the same endpoint."""
    waiting = _unfinished_keys(heard)
    for payload, tenant_id, sequence, endpoint_ids in heard:
        for endpoint_id in endpoint_ids:
            ordering_key = (endpoint_id, payload.ordering_key)
            due_at = None if ordering_key in waiting else at
            waiting.add(ordering_key)
            yield (
                *(ids.new_id(), tenant_id, endpoint_id, payload.id, "", payload.ordering_key, sequence),
                *(Delivery.Status.PENDING.value, 0, due_at, at),
            )


def _unfinished_keys(heard: Sequence[Notification]) -> set[tuple[UUID, UUID]]:
    rows = Delivery.objects.queued().filter(
        endpoint_id__in={endpoint_id for one in heard for endpoint_id in one.endpoint_ids},
        ordering_key__in={one.payload.ordering_key for one in heard},
    )
    return set(rows.order_by().values_list("endpoint_id", "ordering_key").distinct())

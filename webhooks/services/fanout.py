"""Fan-out: public events become deliveries to the endpoints that subscribe to them."""

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.db import connection
from django.db.models import QuerySet

from database import bulk_insert, compiled_query
from kernel import clock, ids
from public_events.payloads import Payload
from public_events.relay import OutboxEvent
from tenants.scoping import all_tenants
from webhooks.models import Delivery, Endpoint, Message

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
    """A payload and the endpoints that subscribe to it."""

    payload: Payload
    tenant_id: UUID
    sequence: int
    endpoint_ids: tuple[UUID, ...]


def fan_out(events: Sequence[OutboxEvent]) -> None:
    """Write a message for each payload with a subscriber, and a delivery for each subscriber, paused ones included.

    A publisher of `public_events.relay`. The endpoints stay locked until the transaction ends, as `settle_attempts`
    locks them: so no delivery can come to wait behind one that is settled at this moment and has released no other.
    """
    endpoints = _lock_subscribed_endpoints({event.tenant_id for event in events})
    notifications = [
        notification
        for event in events
        for notification in _list_notifications(event, endpoints.get(event.tenant_id, ()))
    ]
    if notifications:
        _write_deliveries(notifications)


def _write_deliveries(notifications: Sequence[Notification]) -> None:
    at = clock.now()
    messages = [
        (payload.id, tenant_id, payload.event_type, payload.body, at) for payload, tenant_id, *_ in notifications
    ]
    bulk_insert(Message, _MESSAGE, messages)
    bulk_insert(Delivery, _DELIVERY, list(_build_delivery_rows(notifications, at)))


def _lock_subscribed_endpoints(tenant_ids: Collection[UUID]) -> dict[UUID, list[Endpoint]]:
    """Lock the endpoints of these tenants that subscribe to events, in the order of their ids; most have none."""
    found: defaultdict[UUID, list[Endpoint]] = defaultdict(list)
    for endpoint in _locked_endpoints(orjson.dumps([tenant_id.hex for tenant_id in tenant_ids]).decode()):
        found[endpoint.tenant_id].append(endpoint)
    return found


@compiled_query
def _locked_endpoints(tenant_ids: str) -> QuerySet[Any, Endpoint]:
    """Lock the endpoints of tenants whose ids come as JSON: a statement that never changes takes no list."""
    with all_tenants(reason="the relay serves all tenants"):
        rows = Endpoint.objects.select_for_update(no_key=True).filter(kind=Endpoint.Kind.SUBSCRIPTION).order_by("pk")
        listed = f"tenant_id IN ({_IDS_IN_JSON[connection.vendor]})"
        found: QuerySet[Any, Endpoint] = rows.extra(where=[listed], params=[tenant_ids])  # noqa: S610  # our own text
        return found


_IDS_IN_JSON = {
    "postgresql": "SELECT value::uuid FROM jsonb_array_elements_text(%s::jsonb)",
    "sqlite": "SELECT value FROM json_each(%s)",
}


def _list_notifications(event: OutboxEvent, endpoints: Sequence[Endpoint]) -> Iterator[Notification]:
    for payload in event.read_payloads() if endpoints else ():
        subscribers = tuple(endpoint.id for endpoint in endpoints if payload.event_type in endpoint.events)
        if subscribers:
            yield Notification(payload, event.tenant_id, event.sequence, subscribers)


def _build_delivery_rows(notifications: Sequence[Notification], at: datetime) -> Iterator[tuple[object, ...]]:
    """Build a row for each; it is due at once, unless an older one of its key to the same endpoint is unfinished."""
    waiting = _find_unfinished_keys(notifications)
    for payload, tenant_id, sequence, endpoint_ids in notifications:
        for endpoint_id in endpoint_ids:
            ordering_key = (endpoint_id, payload.ordering_key)
            due_at = None if ordering_key in waiting else at
            waiting.add(ordering_key)
            yield (
                *(ids.new_id(), tenant_id, endpoint_id, payload.id, "", payload.ordering_key, sequence),
                *(Delivery.Status.PENDING.value, 0, due_at, at),
            )


def _find_unfinished_keys(notifications: Sequence[Notification]) -> set[tuple[UUID, UUID]]:
    rows = Delivery.objects.queued().filter(
        endpoint_id__in={endpoint_id for notification in notifications for endpoint_id in notification.endpoint_ids},
        ordering_key__in={notification.payload.ordering_key for notification in notifications},
    )
    return set(rows.order_by().values_list("endpoint_id", "ordering_key").distinct())

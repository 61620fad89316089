"""What an event of the journal tells those outside (contract, Webhooks)."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import orjson
from django.conf import settings

from events.models import Action, AuditEvent
from kernel import clock
from orders.receipt_links import receipt_url
from tenants.scoping import shown_tenant_id
from webhooks.models import EventType

SYSTEM = "system"
_ORDER_STEPS = frozenset({Action.ORDER_CREATED, Action.ORDER_STATUS_CHANGED, Action.ORDER_CANCELLED})


class Payload(NamedTuple):
    """One thing to tell.

    Attributes:
        id: the envelope's `eventId`: the event's own for the first that it tells, made of it for the next.
        ordering_key: the order, or the pet, whose payloads are told in order.
        body: the envelope, UTF-8 JSON.
    """

    id: UUID
    event_type: EventType
    ordering_key: UUID
    body: str


def build_payloads(event: AuditEvent) -> list[Payload]:
    """What the event tells; most tell nothing."""
    told = []
    for number, (event_type, ordering_key, data) in enumerate(_told(event)):
        payload_id = uuid5(event.id, event_type) if number else event.id
        body = build_envelope(payload_id, event_type, clock.format_rfc3339(event.created_at), data)
        told.append(Payload(payload_id, event_type, ordering_key, body))
    return told


def build_envelope(payload_id: UUID, event_type: str, timestamp: str, data: dict[str, Any]) -> str:
    """`{eventId, eventType, timestamp, data}` as JSON."""
    whole = {"eventId": str(payload_id), "eventType": event_type, "timestamp": timestamp, "data": data}
    return orjson.dumps(whole).decode()


def _told(event: AuditEvent) -> Iterator[tuple[EventType, UUID, dict[str, Any]]]:
    details = event.details
    if event.action in _ORDER_STEPS:
        yield EventType.ORDER_STATUS_CHANGED, UUID(details["order"]["id"]), _order_step(event)
        if "pet" in details:
            yield _pet_step(UUID(details["pet"]["id"]), details["pet"]["status"], event)
    elif event.action == Action.PET_STATUS_CHANGED and event.entity_id:
        yield _pet_step(event.entity_id, details["changes"]["status"], event)
    elif event.action == Action.PAYMENT_SUCCEEDED:
        yield EventType.PAYMENT_SUCCEEDED, UUID(details["order"]["id"]), _payment(event) | {"receipt": _receipt(event)}
    elif event.action == Action.PAYMENT_FAILED:
        yield EventType.PAYMENT_FAILED, UUID(details["order"]["id"]), _payment(event)


def _order_step(event: AuditEvent) -> dict[str, Any]:
    previous, new = event.details["changes"]["status"]
    return {
        "order": _order(event),
        "previousStatus": previous,
        "newStatus": new,
        "changedAt": clock.format_rfc3339(event.created_at),
        "changedBy": str(event.actor_id) if event.actor_id else SYSTEM,
    }


def _pet_step(pet_id: UUID, statuses: list[str], event: AuditEvent) -> tuple[EventType, UUID, dict[str, Any]]:
    """In the pet's own lane: its statuses are in order over all its orders."""
    previous, new = statuses
    data = {
        "petId": str(pet_id),
        "previousStatus": previous,
        "newStatus": new,
        "changedAt": clock.format_rfc3339(event.created_at),
    }
    return EventType.PET_STATUS_CHANGED, pet_id, data


def _payment(event: AuditEvent) -> dict[str, Any]:
    return {"payment": event.details["payment"], "order": _order(event)}


def _order(event: AuditEvent) -> dict[str, Any]:
    tenant_id = shown_tenant_id(event.tenant_id)
    return {**event.details["order"], "tenantId": str(tenant_id) if tenant_id else None}


def _receipt(event: AuditEvent) -> dict[str, Any]:
    receipt = event.details["receipt"]
    return {
        "receiptId": receipt["receiptId"],
        "receiptUrl": receipt_url(event.tenant_id, UUID(receipt["receiptId"]), site=settings.LINKS_TO),
        "generatedAt": receipt["generatedAt"],
    }

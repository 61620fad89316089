"""Payloads: the public events that an audit event is published as (contract, Webhooks)."""

from collections.abc import Iterator
from typing import Any, NamedTuple
from uuid import UUID, uuid5

import orjson
from django.conf import settings

from events.chain_links import Sealable
from events.models import Action
from kernel import clock
from orders.receipt_links import build_receipt_url
from public_events.event_types import EventType
from public_events.representation import represent_order, represent_payment, represent_receipt
from tenants.scoping import public_tenant_id

SYSTEM = "system"
_ORDER_ACTIONS = frozenset({Action.ORDER_CREATED, Action.ORDER_STATUS_CHANGED, Action.ORDER_CANCELLED})
_Content = tuple[EventType, UUID, dict[str, Any]]
"""Type, ordering key and data of a payload."""


class Payload(NamedTuple):
    """One public event.

    Attributes:
        id: the envelope's `eventId`: the audit event's own for its first payload, derived from it for the next.
        ordering_key: the order, or the pet, whose payloads are delivered in order.
        body: the envelope, UTF-8 JSON.
    """

    id: UUID
    event_type: EventType
    ordering_key: UUID
    body: str


def build_event_payloads(event: Sealable) -> list[Payload]:
    """Build the payloads of an audit event, in order; most events have none.

    Raises one of `events.hash_chain.UNREADABLE` where the event's details are malformed.
    """
    payloads = []
    for number, (event_type, ordering_key, data) in enumerate(_list_payload_contents(event)):
        payload_id = uuid5(event.id, event_type) if number else event.id
        body = build_envelope(payload_id, event_type, clock.format_rfc3339(event.created_at), data)
        payloads.append(Payload(payload_id, event_type, ordering_key, body))
    return payloads


def build_envelope(payload_id: UUID, event_type: str, timestamp: str, data: dict[str, Any]) -> str:
    """Build `{eventId, eventType, timestamp, data}` as JSON."""
    whole = {"eventId": str(payload_id), "eventType": event_type, "timestamp": timestamp, "data": data}
    return orjson.dumps(whole).decode()


def _list_payload_contents(event: Sealable) -> Iterator[_Content]:
    details = event.details
    if event.action in _ORDER_ACTIONS:
        yield EventType.ORDER_STATUS_CHANGED, UUID(details["order"]["id"]), _build_order_data(event)
        if "pet" in details:
            yield _build_pet_content(UUID(details["pet"]["id"]), details["pet"]["status"], event)
    elif event.action == Action.PET_STATUS_CHANGED and event.entity_id:
        yield _build_pet_content(event.entity_id, details["changes"]["status"], event)
    elif event.action == Action.PAYMENT_SUCCEEDED:
        data = _build_payment_data(event) | {"receipt": _build_receipt_data(event)}
        yield EventType.PAYMENT_SUCCEEDED, UUID(details["order"]["id"]), data
    elif event.action == Action.PAYMENT_FAILED:
        yield EventType.PAYMENT_FAILED, UUID(details["order"]["id"]), _build_payment_data(event)


def _build_order_data(event: Sealable) -> dict[str, Any]:
    previous, new = event.details["changes"]["status"]
    return {
        "order": _build_public_order(event),
        "previousStatus": previous,
        "newStatus": new,
        "changedAt": clock.format_rfc3339(event.created_at),
        "changedBy": str(event.actor_id) if event.actor_id else SYSTEM,
    }


def _build_pet_content(pet_id: UUID, statuses: list[str], event: Sealable) -> _Content:
    """Under the pet's own ordering key: its statuses are in order over all its orders."""
    previous, new = statuses
    data = {
        "petId": str(pet_id),
        "previousStatus": previous,
        "newStatus": new,
        "changedAt": clock.format_rfc3339(event.created_at),
    }
    return EventType.PET_STATUS_CHANGED, pet_id, data


def _build_payment_data(event: Sealable) -> dict[str, Any]:
    return {"payment": represent_payment(event.details["payment"]), "order": _build_public_order(event)}


def _build_public_order(event: Sealable) -> dict[str, Any]:
    tenant_id = public_tenant_id(event.tenant_id)
    return {**represent_order(event.details["order"]), "tenantId": str(tenant_id) if tenant_id else None}


def _build_receipt_data(event: Sealable) -> dict[str, Any]:
    receipt = represent_receipt(event.details["receipt"])
    url = build_receipt_url(event.tenant_id, UUID(receipt["receiptId"]), site=settings.LINKS_TO)
    return {"receiptId": receipt["receiptId"], "receiptUrl": url, "generatedAt": receipt["generatedAt"]}

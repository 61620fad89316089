"""What a step in an order's life leaves behind: a row of its history and an event."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol
from uuid import UUID

from django.db.models import F

from database.inserts import fresh
from events.models import Action, EntityType
from events.services import event_rows
from kernel import clock, money
from kernel.actor import Actor
from orders.models import Order, OrderTransition
from orders.states import Status
from tenants.scoping import TenantOwned


class Told(Protocol):
    """What the journal tells of an order."""

    @property
    def id(self) -> UUID: ...
    @property
    def pet_id(self) -> UUID: ...
    @property
    def user_id(self) -> UUID | None: ...
    @property
    def status(self) -> str: ...
    @property
    def total_amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime: ...


def story_of(
    order: Order, *, previous: str, pet_change: tuple[str, str] | None, actor: Actor, reason: str
) -> tuple[TenantOwned, ...]:
    """What a step leaves behind: a row of the order's history, an event, and its to-do row."""
    at = order.updated_at
    step = fresh(
        OrderTransition,
        order_id=order.id,
        from_status=previous,
        to_status=order.status,
        by=actor.label,
        reason=reason,
        at=at,
    )
    told = event_rows(
        action_of(previous, order.status),
        entity_type=EntityType.ORDERS,
        entity_id=order.id,
        actor=actor,
        at=at,
        details=details_of(order, previous, pet_change, reason),
    )
    return (step, *told)


def action_of(previous: str, status: str) -> Action:
    """The journal's action for a step; `previous` is empty for a new order."""
    if not previous:
        return Action.ORDER_CREATED
    return Action.ORDER_CANCELLED if status == Status.CANCELLED else Action.ORDER_STATUS_CHANGED


def details_of(order: Told, previous: str, pet_change: tuple[str, str] | None, reason: str) -> dict[str, Any]:
    """What webhooks and live streams will tell: the order as it is now, and what changed."""
    details: dict[str, Any] = {
        "changes": {"status": [previous or None, order.status]},
        "order": shown(order),
    }
    if pet_change:
        details["pet"] = {"id": str(order.pet_id), "status": list(pet_change)}
    if reason:
        details["reason"] = reason
    return details


def shown(order: Told) -> dict[str, Any]:
    """The order as events tell it."""
    return {
        "id": str(order.id),
        "petId": str(order.pet_id),
        "userId": str(order.user_id) if order.user_id else None,
        "status": order.status,
        "totalAmount": _amount(order.total_amount),
        "currency": order.currency,
        "createdAt": clock.format_rfc3339(order.created_at),
        "updatedAt": clock.format_rfc3339(order.updated_at),
    }


def _amount(value: Decimal | F) -> str | F:
    """As callers see it; of an order that is being placed it is the pet's price, which only the database knows yet."""
    return value if isinstance(value, F) else money.format_amount(value)

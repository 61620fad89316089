"""What a step in an order's life leaves behind: a row of its history and an event."""

from typing import Any

from database import build_row
from events.models import Action, EntityType
from events.services import build_event_rows
from kernel.actor import Actor
from orders.models import Order, OrderTransition
from orders.snapshots import OrderFields, snapshot_order
from orders.states import Status
from tenants.scoping import TenantOwned


def audit_rows(
    order: Order, *, previous: str, pet_change: tuple[str, str] | None, actor: Actor, reason: str
) -> tuple[TenantOwned, ...]:
    """What a step leaves behind: a row of the order's history, an event, and its to-do row."""
    at = order.updated_at
    step = build_row(
        OrderTransition,
        order_id=order.id,
        from_status=previous,
        to_status=order.status,
        by=actor.history_label,
        reason=reason,
        at=at,
    )
    told = build_event_rows(
        find_step_action(previous, order.status),
        entity_type=EntityType.ORDERS,
        entity_id=order.id,
        actor=actor,
        at=at,
        details=build_step_details(order, previous, pet_change, reason),
    )
    return (step, *told)


def find_step_action(previous: str, status: str) -> Action:
    """The journal's action for a step; `previous` is empty for a new order."""
    if not previous:
        return Action.ORDER_CREATED
    return Action.ORDER_CANCELLED if status == Status.CANCELLED else Action.ORDER_STATUS_CHANGED


def build_step_details(
    order: OrderFields, previous: str, pet_change: tuple[str, str] | None, reason: str
) -> dict[str, Any]:
    """Build an event's details: a snapshot of the order as it is now, and what changed."""
    details: dict[str, Any] = {
        "changes": {"status": [previous or None, order.status]},
        "order": snapshot_order(order),
    }
    if pet_change:
        details["pet"] = {"id": str(order.pet_id), "status": list(pet_change)}
    if reason:
        details["reason"] = reason
    return details

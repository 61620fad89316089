"""The record of an order's step: a row of its history, an audit event and its outbox row."""

from datetime import datetime
from typing import Any, Protocol

from database import build_row
from events.models import Action, EntityType
from events.services import build_event_rows
from kernel.actor import Actor
from orders.models import Order, OrderTransition
from orders.snapshots import OrderFields, snapshot_order
from orders.states import Status
from tenants.scoping import TenantOwned


class Steppable(Protocol):
    """An order, or the row of one."""

    status: str
    version: int
    updated_at: datetime


def advance_order(order: Steppable, status: Status, at: datetime) -> str:
    """Give an order in memory its new status, version and time; no other function does.

    Returns:
        The status that it had.
    """
    previous, order.status = order.status, status
    order.version, order.updated_at = order.version + 1, at
    return previous


def audit_rows(
    order: Order, *, previous: str, pet_change: tuple[str, str] | None, actor: Actor, reason: str
) -> tuple[TenantOwned, ...]:
    """Build the rows that record a step: the order's transition, an audit event and its outbox row.

    Args:
        previous: the status before; empty for a new order.
        pet_change: the pet's old and new status, if it follows.
    """
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
    events = build_event_rows(
        find_step_action(previous, order.status),
        entity_type=EntityType.ORDERS,
        entity_id=order.id,
        actor=actor,
        at=at,
        details=build_step_details(order, previous, pet_change, reason),
    )
    return (step, *events)


def find_step_action(previous: str, status: str) -> Action:
    """Return the journal's action for a step; `previous` is empty for a new order."""
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

"""Audit events of payments, which webhooks and live streams publish (contract, Webhooks)."""

from datetime import datetime
from typing import Any

from database import unit_of_work
from events.models import Action, EntityType
from events.services import build_event_rows, record_event
from kernel.actor import Actor
from orders.models import Order
from orders.snapshots import OrderFields, snapshot_order
from payments.models import Payment
from payments.snapshots import snapshot_payment, snapshot_receipt
from tenants.scoping import TenantOwned

ACTIONS = {
    Payment.Status.SUCCEEDED: Action.PAYMENT_SUCCEEDED,
    Payment.Status.FAILED: Action.PAYMENT_FAILED,
    Payment.Status.CANCELLED: Action.PAYMENT_CANCELLED,
    Payment.Status.REFUNDED: Action.PAYMENT_REFUNDED,
}
"""The event of each status that a payment can end in; an open payment has none."""


def record_payment_event(  # noqa: PLR0913  # the parts of an event
    payment: Payment, *, previous: str, order: Order, actor: Actor, at: datetime, by_other_means: str = ""
) -> None:
    """Record the payment's new status and its order as an audit event; call it in the transaction of the change.

    Args:
        by_other_means: the way of a refund that the gateway refused and staff made themselves.
    """
    rows = build_payment_event(
        payment, previous=previous, order=order, actor=actor, at=at, by_other_means=by_other_means
    )
    with unit_of_work() as unit:
        unit.insert(*rows)


def build_payment_event(  # noqa: PLR0913  # the parts of an event
    payment: Payment, *, previous: str, order: Order, actor: Actor, at: datetime, by_other_means: str = ""
) -> tuple[TenantOwned, TenantOwned]:
    """Build the rows of `record_payment_event`, to be inserted in the unit of work of the change."""
    more = {"by_other_means": by_other_means} if by_other_means else {}
    return build_event_rows(
        ACTIONS[Payment.Status(payment.status)],
        entity_type=EntityType.PAYMENTS,
        entity_id=payment.id,
        actor=actor,
        at=at,
        details=build_event_details(payment, order, previous) | more,
    )


def record_refund_refusal(payment: Payment, *, order: Order, actor: Actor, at: datetime) -> None:
    """Record that the gateway refused a refund for good; call it in the transaction of the change."""
    record_event(
        Action.REFUND_REFUSED,
        entity_type=EntityType.PAYMENTS,
        entity_id=payment.id,
        actor=actor,
        at=at,
        details={"payment": snapshot_payment(payment), "order": snapshot_order(order), "reason": payment.failure_code},
    )


def build_event_details(payment: Payment, order: OrderFields, previous: str) -> dict[str, Any]:
    """Build an event's details: snapshots of payment, order and receipt as they are now, and what changed."""
    details: dict[str, Any] = {
        "changes": {"status": [previous, payment.status]},
        "payment": snapshot_payment(payment),
        "order": snapshot_order(order),
    }
    receipt = snapshot_receipt(payment)
    if receipt is not None:
        details["receipt"] = receipt
    return details

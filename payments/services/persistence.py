"""Reading a payment to change it, and changing it: the steps that every use case takes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from database.compiled import PreparedQuery
from database.updates import PreparedChange, Step
from orders.errors import ChangedMeanwhile
from orders.models import Order
from payments.models import Payment


def lock_payment(payment: Payment) -> tuple[Order, Payment]:
    """The order and the payment as they are now, until the transaction ends. The order is always locked first."""
    return lock_order(payment.order_id), _PAYMENT.fetch(payment_id=payment.pk)[0]


def lock_order(order_id: UUID) -> Order:
    """The order as it is now, until the transaction ends; it is there, for orders are never deleted."""
    return _ORDER.fetch(order_id=order_id)[0]


_ORDER: PreparedQuery[Order] = PreparedQuery(
    lambda order_id: Order.objects.select_for_update().filter(pk=order_id), order_id=UUID
)
_PAYMENT: PreparedQuery[Payment] = PreparedQuery(
    lambda payment_id: Payment.objects.select_for_update().filter(pk=payment_id), payment_id=UUID
)


def build_payment_update(payment: Payment, at: datetime, **values: Any) -> Step:
    """The only line that changes a payment that was read: a compare-and-set on its version. Whoever writes the step
    gives the payment up if it fails."""
    step = _CHANGE.step(payment.pk, payment.version, updated_at=at, **values)
    for name, value in (values | {"updated_at": at, "version": payment.version + 1}).items():
        setattr(payment, name, value)
    return step


def update_payment(payment: Payment, at: datetime, **values: Any) -> str:
    """Change a payment that was read and locked.

    Returns:
        The status that it had.
    """
    previous = payment.status
    step = build_payment_update(payment, at, **values)
    if not step.update.execute(**step.values):
        raise ChangedMeanwhile
    return previous


_CHANGE = PreparedChange(Payment)

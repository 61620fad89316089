"""Persistence of payments: locking one with its order, and the one function that changes it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from database import compiled_query, compiled_update, unit_of_work
from orders.errors import ChangedMeanwhile
from orders.models import Order
from payments.models import Payment


def lock_payment(payment: Payment) -> tuple[Order, Payment]:
    """Lock the order and then the payment until the transaction ends; return both as they are now."""
    return _locked_order(payment.order_id).get(), _locked_payment(payment.pk).get()


@compiled_query
def _locked_order(order_id: UUID) -> QuerySet[Any, Order]:
    return Order.objects.select_for_update().filter(pk=order_id)


@compiled_query
def _locked_payment(payment_id: UUID) -> QuerySet[Any, Payment]:
    return Payment.objects.select_for_update().filter(pk=payment_id)


def add_payment_update(unit: unit_of_work, payment: Payment, at: datetime, **values: Any) -> None:
    """Change a payment that was read, by compare-and-set on its version, as a step of a unit of work.

    No other function changes a payment. The caller gives it up where the unit was not written.
    """
    unit.update(_changed_payment(payment.pk, payment.version, updated_at=at, **values))
    for name, value in (values | {"updated_at": at, "version": payment.version + 1}).items():
        setattr(payment, name, value)


def update_payment(payment: Payment, at: datetime, **values: Any) -> str:
    """Change a payment that was read and locked.

    Returns:
        The status that it had.
    """
    previous = payment.status
    with unit_of_work() as unit:
        add_payment_update(unit, payment, at, **values)
    if not unit.is_written:
        raise ChangedMeanwhile
    return previous


@compiled_update
def _changed_payment(
    payment_id: UUID, seen_version: int, **columns: Any
) -> tuple[QuerySet[Any, Payment], dict[str, Any]]:
    seen = Payment.objects.filter(pk=payment_id, version=seen_version)
    return seen, {**columns, "version": F("version") + 1}

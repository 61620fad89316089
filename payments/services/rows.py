"""Reading a payment to change it, and changing it: the steps that every use case takes."""

from datetime import datetime
from typing import Any

from orders.errors import ChangedMeanwhile
from orders.models import Order
from payments.models import Payment


def locked(payment: Payment) -> tuple[Order, Payment]:
    """The order and the payment as they are now, until the transaction ends. The order is always locked first."""
    order = Order.objects.select_for_update().get(pk=payment.order_id)
    return order, Payment.objects.select_for_update().get(pk=payment.pk)


def change(payment: Payment, at: datetime, **values: Any) -> str:
    """The only line that changes a payment that was read: a compare-and-set on its version.

    Returns:
        The status that it had.
    """
    previous, version = payment.status, payment.version
    values |= {"version": version + 1, "updated_at": at}
    if Payment.objects.filter(pk=payment.pk, version=version).update(**values) != 1:
        raise ChangedMeanwhile
    for name, value in values.items():
        setattr(payment, name, value)
    return previous

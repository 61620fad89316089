"""Paying an order."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction

from database import build_row, unit_of_work
from kernel import clock, ids
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission
from kernel.constraints import violates
from kernel.errors import FieldFault, Invalid
from orders.models import Order
from orders.queries import get_order
from orders.services.transitions import order_as_read, own_order_as_seen
from orders.states import Status
from payments.errors import GatewayError, GatewayTimeout, OrderNotPayable, PaymentUnderWay
from payments.gateways import current_gateway
from payments.gateways.port import Gateway
from payments.models import Payment
from payments.retry_policy import next_check_after_call
from payments.services.persistence import lock_order, update_payment
from payments.services.settlement import refuse, settle_at_once, settle_payment
from payments.sources import Source

CURRENCIES: Final = ("USD", "EUR", "GBP", "CAD", "AUD")
"""What the gateways charge in (contract, Payments)."""


@requires_access(TokenScope.WRITE_ORDERS, is_token_optional=True)
def pay_order(  # noqa: PLR0913  # the parts of a payment
    *,
    order_id: UUID,
    amount: Decimal,
    currency: str,
    source: Source,
    actor: Actor,
    payment_id: UUID | None = None,
) -> Payment:
    """Charge the customer for a PLACED order; when that succeeds the order is APPROVED.

    Of any number of simultaneous calls for one order exactly one charges (guarantees, G2): the payment is
    committed before the gateway is called with its id as the key, and an order has one live payment at most. A
    declined payment FAILED, and the order can be paid anew. Where the gateway does not answer in time the
    payment is PROCESSING, and the sweep settles it later.

    Args:
        payment_id: the id of the new payment; a call that finds it there takes it up where it was left.

    Raises:
        OrderNotFound, NotYourOrder, LoginRequired
        OrderNotPayable: the order is not PLACED.
        PaymentUnderWay: another payment of the order may still go through.
        Invalid: amount or currency are not the order's.
    """
    gateway, at = current_gateway(), clock.now()
    payment = build_row(
        Payment,
        id=payment_id or ids.new_id(),
        order_id=order_id,
        amount=amount,
        currency=currency,
        source=source.to_public(),
        gateway=gateway.name,
        created_at=at,
        updated_at=at,
        due_at=next_check_after_call(at),
        attempts=1,
    )
    with _one_at_a_time():
        order = _begin_own(payment, actor) if payment_id is None else None
        if order is None:
            order = get_order(order_id, actor=actor)
            actor.require_staff_permission(Permission.CHANGE_ORDERS)
            payment = _begin(order, payment, resumes=payment_id is not None)
    if payment.status != Payment.Status.PROCESSING:
        return payment
    return _charge(payment, order, gateway, source, actor)


@contextmanager
def _one_at_a_time() -> Iterator[None]:
    """An order has one live payment at most; the database says so."""
    try:
        yield
    except IntegrityError as error:
        if violates(error, "payment_live_once_per_order", "payments_payment.order_id"):
            raise PaymentUnderWay from error
        raise


def _begin_own(payment: Payment, actor: Actor) -> Order | None:
    """Commit a customer's intent to pay an order of their own, in one statement that reads the order, too.

    None if there is something to look at first.
    """
    if actor.is_staff or actor.user_id is None or payment.currency not in CURRENCIES:
        return None
    with unit_of_work(durable=True) as unit:
        own = unit.lock_returning(
            own_order_as_seen(payment.order_id, actor.user_id, Status.PLACED, payment.amount, payment.currency)
        )
        unit.insert(payment)
    return own.row


def _begin(order: Order, payment: Payment, *, resumes: bool) -> Payment:
    """Commit the intent to charge, or find the one of the same id where there may be one."""
    if not resumes and _begin_at_once(order, payment):
        return payment
    with transaction.atomic(durable=True):
        order = lock_order(payment.order_id)
        known = _known(payment) if resumes else None
        if known is not None:
            return _resume(known)
        _check(order, payment)
        with unit_of_work() as unit:
            unit.insert(payment)
    return payment


def _begin_at_once(order: Order, payment: Payment) -> bool:
    """The same in one statement; False if the order is no longer as it was read."""
    _check(order, payment)
    with unit_of_work(durable=True) as unit:
        unit.lock(order_as_read(order.pk, order.version))
        unit.insert(payment)
    return unit.is_written


def _known(payment: Payment) -> Payment | None:
    found: Payment | None = Payment.objects.filter(pk=payment.id, order_id=payment.order_id).first()
    return found


def _resume(payment: Payment) -> Payment:
    if payment.status == Payment.Status.PROCESSING:
        at = clock.now()
        update_payment(payment, at, due_at=next_check_after_call(at), attempts=payment.attempts + 1)
    return payment


def _check(order: Order, payment: Payment) -> None:
    if order.status != Status.PLACED:
        raise OrderNotPayable(f"An order that is {order.status} cannot be paid.")
    faults = []
    if payment.amount != order.total_amount:
        faults.append(FieldFault("amount", "This is not the order's total amount.", "wrong_amount"))
    if payment.currency != order.currency:
        faults.append(FieldFault("currency", "This is not the order's currency.", "wrong_currency"))
    elif payment.currency not in CURRENCIES:
        faults.append(FieldFault("currency", f"Only {', '.join(CURRENCIES)} can be paid.", "unsupported_currency"))
    if faults:
        raise Invalid(faults=tuple(faults))


def _charge(payment: Payment, order: Order, gateway: Gateway, source: Source, actor: Actor) -> Payment:
    try:
        charge = gateway.charge(key=str(payment.id), amount=payment.amount, currency=payment.currency, source=source)
    except GatewayTimeout:
        payment.refresh_from_db()
        return payment
    except GatewayError:
        return refuse(payment, actor=actor)
    return (
        payment if settle_at_once(payment, order, charge, actor=actor) else settle_payment(payment, charge, actor=actor)
    )

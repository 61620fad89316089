"""Payment of an order (contract, Payments; guarantees, G2)."""

from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet

from database import build_row, compiled_query, unit_of_work
from kernel import clock, ids
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission
from kernel.constraints import violates_constraint
from kernel.errors import DomainError, FieldFault, Invalid
from orders.errors import ChangedMeanwhile
from orders.models import Order
from orders.queries import get_order
from orders.states import Status
from payments.errors import GatewayError, GatewayTimeout, OrderNotPayable, PaymentUnderWay
from payments.gateways import current_gateway, gateway_named
from payments.gateways.port import Charge
from payments.models import Payment
from payments.retry_policy import next_check_after_call
from payments.services.persistence import lock_payment, update_payment
from payments.services.settlement import REFUSED, settle_payment
from payments.sources import Source

CURRENCIES: Final = ("USD", "EUR", "GBP", "CAD", "AUD")
"""The currencies that every gateway charges in."""

_NOBODY: Final = UUID(int=0)
_ALREADY_THERE: Final = (
    *("payment_live_once_per_order", "payments_payment.order_id"),
    *("payments_payment_pkey", "payments_payment.id"),
)
"""The constraints that keep an order from being paid twice, by their names on PostgreSQL and on SQLite."""


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

    Of any number of simultaneous calls for one order exactly one charges: the payment is committed before the gateway
    is called with its id as the key, and the database allows an order one live payment. A declined payment FAILED, and
    the order can be paid anew. If the gateway does not answer in time the payment stays PROCESSING, and the worker
    settles it later (`reconciliation`).

    Args:
        amount, currency: have to be the order's.
        source: the card or bank account to charge.
        payment_id: the id of the new payment; a payment of this id that exists already is resumed.

    Raises:
        OrderNotFound, NotYourOrder, LoginRequired, Forbidden
        OrderNotPayable: the order is not PLACED.
        PaymentUnderWay: another payment of the order may still go through.
        Invalid: amount or currency are not the order's.
    """
    actor.require_staff_permission(Permission.CHANGE_ORDERS)
    payment = _known_payment(order_id, payment_id).first() if payment_id else None
    if payment is not None:
        order, payment = _resume_payment(payment, actor=actor)
    else:
        payment = _build_payment(order_id, amount, currency, source, payment_id)
        order = _begin_payment(payment, actor=actor)
    if payment.status != Payment.Status.PROCESSING:
        return payment
    charge = _charge_source(payment, source)
    if charge is None:
        payment.refresh_from_db()
        return payment
    return settle_payment(payment, charge, order=order, actor=actor)


def _build_payment(order_id: UUID, amount: Decimal, currency: str, source: Source, payment_id: UUID | None) -> Payment:
    at = clock.now()
    return build_row(
        Payment,
        id=payment_id or ids.new_id(),
        order_id=order_id,
        amount=amount,
        currency=currency,
        source=source.to_public(),
        gateway=current_gateway().name,
        created_at=at,
        updated_at=at,
        due_at=next_check_after_call(at),
        attempts=1,
    )


def _begin_payment(payment: Payment, *, actor: Actor) -> Order:
    """Commit the intent to charge, if the actor may pay the order with this sum; return the order as it is then."""
    try:
        with unit_of_work(durable=True) as unit:
            payable = unit.lock_returning(
                _payable_order(
                    payment.order_id,
                    payment.amount,
                    payment.currency,
                    actor.user_id or _NOBODY,
                    is_open_to_actor=actor.is_staff,
                )
            )
            unit.insert(payment)
    except IntegrityError as error:
        if violates_constraint(error, *_ALREADY_THERE):
            raise PaymentUnderWay from error
        raise
    if payable.row is None:
        raise _explain_refusal(get_order(payment.order_id, actor=actor), payment)
    return payable.row


@compiled_query
def _payable_order(
    order_id: UUID, amount: Decimal, currency: str, customer_id: UUID, *, is_open_to_actor: bool
) -> QuerySet[Any, Order]:
    """Lock an order, if it can be paid with this sum by staff, by its customer or, without one, by anybody."""
    orders = Order.objects.select_for_update().order_by().filter(pk=order_id, status=Status.PLACED)
    payable = orders.filter(total_amount=amount, currency=currency, currency__in=CURRENCIES)
    return payable if is_open_to_actor else payable.filter(Q(user_id=customer_id) | Q(user_id=None))


def _explain_refusal(order: Order, payment: Payment) -> DomainError:
    """Say why `_payable_order` has not found an order that the actor may see."""
    if order.status != Status.PLACED:
        return OrderNotPayable(f"An order that is {order.status} cannot be paid.")
    faults = []
    if payment.amount != order.total_amount:
        faults.append(FieldFault("amount", "This is not the order's total amount.", "wrong_amount"))
    if payment.currency != order.currency:
        faults.append(FieldFault("currency", "This is not the order's currency.", "wrong_currency"))
    elif payment.currency not in CURRENCIES:
        faults.append(FieldFault("currency", f"Only {', '.join(CURRENCIES)} can be paid.", "unsupported_currency"))
    return Invalid(faults=tuple(faults)) if faults else ChangedMeanwhile()


@compiled_query
def _known_payment(order_id: UUID, payment_id: UUID) -> QuerySet[Any, Payment]:
    return Payment.objects.order_by().filter(pk=payment_id, order_id=order_id)


def _resume_payment(payment: Payment, *, actor: Actor) -> tuple[Order, Payment]:
    """Take up a payment of an earlier call; if that got no answer, commit the intent to ask the gateway again."""
    order = get_order(payment.order_id, actor=actor)
    if payment.status != Payment.Status.PROCESSING:
        return order, payment
    with transaction.atomic(durable=True):
        order, payment = lock_payment(payment)
        if payment.status == Payment.Status.PROCESSING:
            at = clock.now()
            update_payment(payment, at, due_at=next_check_after_call(at), attempts=payment.attempts + 1)
    return order, payment


def _charge_source(payment: Payment, source: Source) -> Charge | None:
    """Ask the payment's gateway for the charge, outside of any transaction; return None if it gives no answer."""
    try:
        gateway = gateway_named(payment.gateway)
        return gateway.charge_source(
            key=str(payment.id), amount=payment.amount, currency=payment.currency, source=source
        )
    except GatewayTimeout:
        return None
    except GatewayError:
        return REFUSED

"""Writing down what the gateway says of a charge."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from database import unit_of_work
from kernel import clock
from kernel.actor import SYSTEM, Actor
from orders.models import Order
from orders.services.transitions import add_approval, approve_order, order_as_read
from orders.states import Status
from payments.gateways.port import Charge, Outcome
from payments.history import build_payment_event, record_payment_event
from payments.models import Payment
from payments.retry_policy import next_attempt_at
from payments.services.persistence import add_payment_update, lock_payment, update_payment
from payments.services.refunds import attempt_refund, request_refund

PAID = "Paid."
"""The reason of an order's approval."""
REFUSED = Charge(Outcome.DECLINED, code="gateway_error")


def settle_payment(payment: Payment, charge: Charge, *, actor: Actor) -> Payment:
    """Write down what became of a charge; a PLACED order is APPROVED with its payment, in one transaction.

    Whoever comes second, with the same news, changes nothing. A charge that went through although the payment
    was cancelled or given up meanwhile is refunded.

    Args:
        actor: whose request it was; SYSTEM for the sweep.
    """
    at = clock.now()
    with transaction.atomic(durable=True):
        order, payment = lock_payment(payment)
        is_open = payment.status in Payment.OPEN
        if is_open:
            _write(payment, order, charge, actor, at)
        is_owed = not is_open and _is_lost(payment) and _write_late(payment, charge, at)
    return attempt_refund(payment, actor=actor) if is_owed else payment


def settle_at_once(payment: Payment, order: Order, charge: Charge, *, actor: Actor) -> bool:
    """The same for a charge that went through, in one statement: if the payment and its PLACED order are still as they
    were read. Whether they were; if not, what was read is of no use any more, and `settle_payment` reads it anew."""
    if charge.outcome is not Outcome.SUCCEEDED or order.status != Status.PLACED:
        return False
    at, previous = clock.now(), payment.status
    with unit_of_work(durable=True) as unit:
        unit.lock(order_as_read(order.pk, order.version))
        add_payment_update(unit, payment, at, **_outcome(charge, at))
        add_approval(unit, order, actor=_on_behalf(actor), at=at, reason=PAID)
        unit.insert(*build_payment_event(payment, previous=previous, order=order, actor=actor, at=at))
    return unit.is_written


def refuse(payment: Payment, *, actor: Actor) -> Payment:
    """The gateway refused to work, so the payment FAILED; one that was tried before waits for the sweep, for nobody
    knows yet what became of that try."""
    with transaction.atomic(durable=True):
        order, payment = lock_payment(payment)
        if payment.status == Payment.Status.PROCESSING and payment.attempts == 1:
            _write(payment, order, REFUSED, actor, clock.now())
    return payment


def _write(payment: Payment, order: Order, charge: Charge, actor: Actor, at: datetime) -> None:
    if charge.outcome is Outcome.PENDING:
        update_payment(
            payment,
            at,
            status=Payment.Status.PENDING,
            reference=charge.reference,
            due_at=next_attempt_at(at, payment.attempts),
        )
        return
    previous = update_payment(payment, at, **_outcome(charge, at))
    if payment.status == Payment.Status.SUCCEEDED and order.status == Status.PLACED:
        order = approve_order(order_id=order.id, actor=_on_behalf(actor), reason=PAID)
    record_payment_event(payment, previous=previous, order=order, actor=actor, at=at)


def _outcome(charge: Charge, at: datetime) -> dict[str, Any]:
    """The payment's columns after the gateway's last word."""
    is_paid = charge.outcome is Outcome.SUCCEEDED
    return {
        "status": Payment.Status.SUCCEEDED if is_paid else Payment.Status.FAILED,
        "reference": charge.reference,
        "failure_code": charge.code,
        "settled_at": at,
        "due_at": None,
    }


def _is_lost(payment: Payment) -> bool:
    """Nobody waits for a charge of it any more."""
    is_over = payment.status in {Payment.Status.CANCELLED, Payment.Status.FAILED}
    return is_over and payment.refund_requested_at is None


def _write_late(payment: Payment, charge: Charge, at: datetime) -> bool:
    """What became of a charge that nobody waits for; whether its money has to go back."""
    if charge.outcome is Outcome.SUCCEEDED:
        request_refund(payment, at, reference=charge.reference)
        return True
    due_at = next_attempt_at(at, payment.attempts) if charge.outcome is Outcome.PENDING else None
    if payment.due_at != due_at:
        update_payment(payment, at, due_at=due_at)
    return False


def _on_behalf(actor: Actor) -> Actor:
    """The system, in the actor's request."""
    return replace(SYSTEM, ip_address=actor.ip_address, request_id=actor.request_id)

"""Settlement: recording the outcome of a charge."""

from dataclasses import replace
from datetime import datetime
from typing import Final

from django.db import transaction

from database import unit_of_work
from kernel import clock
from kernel.actor import SYSTEM, Actor
from orders.errors import ChangedMeanwhile
from orders.models import Order
from orders.services.transitions import add_approval, order_as_read
from orders.states import Status
from payments.gateways.port import Charge, Outcome
from payments.history import build_payment_event
from payments.models import Payment
from payments.retry_policy import next_attempt_at
from payments.services.persistence import add_payment_update, lock_payment, update_payment
from payments.services.refunds import attempt_refund, request_refund

APPROVAL_REASON: Final = "Paid."
REFUSED: Final = Charge(Outcome.DECLINED, code="gateway_error")
"""The gateway refused to work: the call charged nothing, but an earlier one for the same payment may have."""


def settle_payment(payment: Payment, charge: Charge, *, actor: Actor, order: Order | None = None) -> Payment:
    """Record the outcome of a charge; a PLACED order is APPROVED with its payment, both or neither.

    It is one statement if the open payment and its order are still as the caller has read them; else both are read
    again under locks. The same outcome a second time changes nothing. A charge that went through although the payment
    was cancelled or given up meanwhile is refunded.

    Args:
        payment: as it was read.
        actor: the actor of the request, or SYSTEM for the worker.
        order: the payment's order as it was read; None if it was not.
    """
    at = clock.now()
    if order is not None and _record_outcome(payment, order, charge, actor=actor, at=at, durable=True):
        return payment
    with transaction.atomic(durable=True):
        order, payment = lock_payment(payment)
        is_late = payment.is_given_up
        if is_late:
            _record_late_outcome(payment, charge, at)
        elif not _record_outcome(payment, order, charge, actor=actor, at=at):
            raise ChangedMeanwhile
    return attempt_refund(payment, actor=actor) if is_late and payment.is_refund_under_way else payment


def _record_outcome(  # noqa: PLR0913  # the parts of an outcome
    payment: Payment, order: Order, charge: Charge, *, actor: Actor, at: datetime, durable: bool = False
) -> bool:
    """Write the outcome of an open payment, if it and its order are as they were read; say whether they are."""
    is_in_doubt = charge is REFUSED and payment.attempts > 1  # an earlier call may have charged: the worker asks
    if payment.status not in Payment.OPEN or is_in_doubt:
        return True
    with unit_of_work(durable=durable) as unit:
        if charge.outcome is Outcome.PENDING:
            due_at = next_attempt_at(at, payment.attempts)
            add_payment_update(
                unit, payment, at, status=Payment.Status.PENDING, reference=charge.reference, due_at=due_at
            )
        else:
            _add_settlement(unit, payment, order, charge, actor, at)
    return unit.is_written


def _add_settlement(  # noqa: PLR0913, PLR0917  # the parts of an outcome
    unit: unit_of_work, payment: Payment, order: Order, charge: Charge, actor: Actor, at: datetime
) -> None:
    """Make an open payment SUCCEEDED or FAILED, approve the order it pays, and record the event of both."""
    previous, is_paid = payment.status, charge.outcome is Outcome.SUCCEEDED
    unit.lock(order_as_read(order.pk, order.version))
    add_payment_update(
        unit,
        payment,
        at,
        status=Payment.Status.SUCCEEDED if is_paid else Payment.Status.FAILED,
        reference=charge.reference,
        failure_code=charge.code,
        settled_at=at,
        due_at=None,
    )
    if is_paid and order.status == Status.PLACED:
        system = replace(SYSTEM, ip_address=actor.ip_address, request_id=actor.request_id)
        add_approval(unit, order, actor=system, at=at, reason=APPROVAL_REASON)
    unit.insert(*build_payment_event(payment, previous=previous, order=order, actor=actor, at=at))


def _record_late_outcome(payment: Payment, charge: Charge, at: datetime) -> None:
    """Request the refund of a charge that nobody waits for any more, or set when to ask about it again, if at all."""
    if charge.outcome is Outcome.SUCCEEDED:
        request_refund(payment, at, reference=charge.reference)
        return
    due_at = next_attempt_at(at, payment.attempts) if charge.outcome is Outcome.PENDING else None
    if payment.due_at != due_at and charge is not REFUSED:
        update_payment(payment, at, due_at=due_at)

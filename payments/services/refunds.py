"""Giving the money of a cancelled order back."""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor, Permission
from kernel.errors import Invalid, StaleVersion
from kernel.text import check_reason
from orders.models import Order
from payments.errors import GatewayError, GatewayTimeout, PaymentNotRefundable
from payments.gateways.current import gateway_of
from payments.gateways.port import Gateway, Outcome, Refund
from payments.history import tell, tell_refusal
from payments.models import Payment
from payments.queries import payment_for
from payments.retry_policy import after_call
from payments.services.persistence import change, locked

logger = logging.getLogger(__name__)


def owe(payment: Payment, at: datetime, **values: str) -> None:
    """Note, in the caller's transaction, that the money has to go back; `refund` then tries."""
    change(payment, at, refund_requested_at=at, due_at=after_call(at), tries=1, **values)


def refund_again(*, payment_id: UUID, actor: Actor, expected_version: int | None = None) -> Payment:
    """Ask the gateway once more for a refund that it has refused for good, under a new key.

    Raises:
        PaymentNotFound, LoginRequired, Forbidden, FreshProofRequired, StaleVersion
        PaymentNotRefundable: the gateway has not refused its refund.
    """
    with transaction.atomic(durable=True):
        _, payment = _refused(payment_id, actor, expected_version)
        at = clock.now()
        change(payment, at, refund_round=payment.refund_round + 1, failure_code="", due_at=after_call(at), tries=1)
    return refund(payment, actor=actor)


def note_refund(*, payment_id: UUID, reason: str, actor: Actor, expected_version: int | None = None) -> Payment:
    """Note that money which the gateway refuses to give back went back by other means; the journal keeps the reason.

    Raises:
        PaymentNotFound, LoginRequired, Forbidden, FreshProofRequired, StaleVersion
        PaymentNotRefundable: the gateway has not refused its refund.
        Invalid: there is no reason.
    """
    if not reason.strip():
        raise Invalid.field("reason", "Say how the money went back.", "required")
    check_reason(reason)
    with transaction.atomic(durable=True):
        order, payment = _refused(payment_id, actor, expected_version)
        at = clock.now()
        previous = change(payment, at, status=Payment.Status.REFUNDED)
        tell(payment, previous=previous, order=order, actor=actor, at=at, by_other_means=reason.strip())
    return payment


def _refused(payment_id: UUID, actor: Actor, expected_version: int | None) -> tuple[Order, Payment]:
    """The payment whose refund was refused for good, and its order, locked."""
    actor.require(Permission.CHANGE_ORDERS)
    actor.require_fresh_proof(clock.now())
    order, payment = locked(payment_for(payment_id, actor=actor))
    if expected_version is not None and payment.version != expected_version:
        raise StaleVersion
    if not payment.is_refund_refused:
        raise PaymentNotRefundable("The gateway has not refused to refund this payment.")
    return order, payment


def refund(payment: Payment, *, actor: Actor) -> Payment:
    """Ask the gateway to give the money back, and write down what it says.

    Where it does not answer, the payment stays due and the sweep tries again, under the same key.
    """
    try:
        answer = _ask(gateway_of(payment), payment)
    except (GatewayTimeout, GatewayError):
        return payment
    with transaction.atomic(durable=True):
        order, payment = locked(payment)
        if payment.is_refund_under_way:
            _write(payment, order, answer, actor)
    return payment


def _ask(gateway: Gateway, payment: Payment) -> Refund:
    """A key that was used before may be older than the gateway's memory: first ask what became of it."""
    key = f"{payment.id}-refund" + (f"-{payment.refund_round}" if payment.refund_round else "")
    known = gateway.find_refund(key=key, reference=payment.reference) if payment.tries > 1 else None
    return known or gateway.refund(
        key=key, reference=payment.reference, amount=payment.amount, currency=payment.currency
    )


def _write(payment: Payment, order: Order, answer: Refund, actor: Actor) -> None:
    at = clock.now()
    if answer.outcome is Outcome.SUCCEEDED:
        previous = change(payment, at, status=Payment.Status.REFUNDED, refund_reference=answer.reference, due_at=None)
        tell(payment, previous=previous, order=order, actor=actor, at=at)
    elif answer.outcome is Outcome.DECLINED:
        change(payment, at, failure_code=answer.code, due_at=None)
        tell_refusal(payment, order=order, actor=actor, at=at)
        logger.error("The gateway refuses for good to refund payment %s (%s).", payment.id, answer.code)

"""Giving the money of a cancelled order back."""

import logging
from datetime import datetime

from django.db import transaction

from kernel import clock
from kernel.actor import Actor
from orders.models import Order
from payments.errors import GatewayError, GatewayTimeout
from payments.gateways.port import Gateway, Outcome, Refund
from payments.history import tell
from payments.models import Payment
from payments.schedule import after_call
from payments.services.bank import gateway_of
from payments.services.rows import change, locked

logger = logging.getLogger(__name__)


def owe(payment: Payment, at: datetime, **values: str) -> None:
    """Note, in the caller's transaction, that the money has to go back; `refund` then tries."""
    change(payment, at, refund_requested_at=at, due_at=after_call(at), tries=1, **values)


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
    key = f"{payment.id}-refund"
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
        logger.error("The gateway refuses for good to refund payment %s (%s).", payment.id, answer.code)

"""Refunds: their request, the call to the gateway, and what staff do when it refuses for good."""

import logging
from datetime import datetime
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.actor import Actor, Permission
from kernel.errors import Invalid, StaleVersion
from kernel.text import check_reason_text
from orders.models import Order
from payments.errors import GatewayError, GatewayTimeout, PaymentNotRefundable
from payments.gateways import gateway_named
from payments.gateways.port import Gateway, Outcome, Refund
from payments.history import record_payment_event, record_refund_refusal
from payments.models import Payment
from payments.queries import get_payment
from payments.retry_policy import next_check_after_call
from payments.services.persistence import lock_payment, update_payment

logger = logging.getLogger(__name__)


def request_refund(payment: Payment, at: datetime, **values: str) -> None:
    """Record in the caller's transaction that the payment has to be refunded; call `attempt_refund` after it."""
    update_payment(payment, at, refund_requested_at=at, due_at=next_check_after_call(at), attempts=1, **values)


def retry_refused_refund(*, payment_id: UUID, actor: Actor, expected_version: int | None = None) -> Payment:
    """Ask the gateway once more for a refund that it refused for good, under a new key.

    Raises:
        PaymentNotFound, LoginRequired, Forbidden, FreshProofRequired, StaleVersion
        PaymentNotRefundable: the gateway has not refused its refund.
    """
    with transaction.atomic(durable=True):
        _, payment = _lock_refused_refund(payment_id, actor, expected_version)
        at = clock.now()
        update_payment(
            payment,
            at,
            refund_attempt=payment.refund_attempt + 1,
            failure_code="",
            due_at=next_check_after_call(at),
            attempts=1,
        )
    return attempt_refund(payment, actor=actor)


def record_manual_refund(
    *, payment_id: UUID, reason: str, actor: Actor, expected_version: int | None = None
) -> Payment:
    """Record that a refund which the gateway refused for good was made by other means; the journal keeps the reason.

    Raises:
        PaymentNotFound, LoginRequired, Forbidden, FreshProofRequired, StaleVersion
        PaymentNotRefundable: the gateway has not refused its refund.
        Invalid: there is no reason.
    """
    if not reason.strip():
        raise Invalid.for_field("reason", "Say how the money went back.", "required")
    check_reason_text(reason)
    with transaction.atomic(durable=True):
        order, payment = _lock_refused_refund(payment_id, actor, expected_version)
        at = clock.now()
        previous = update_payment(payment, at, status=Payment.Status.REFUNDED)
        record_payment_event(payment, previous=previous, order=order, actor=actor, at=at, by_other_means=reason.strip())
    return payment


def _lock_refused_refund(payment_id: UUID, actor: Actor, expected_version: int | None) -> tuple[Order, Payment]:
    """Lock and return the order and the payment whose refund was refused for good."""
    actor.require_permission(Permission.CHANGE_ORDERS)
    actor.require_fresh_proof(clock.now())
    order, payment = lock_payment(get_payment(payment_id, actor=actor))
    if expected_version is not None and payment.version != expected_version:
        raise StaleVersion
    if not payment.is_refund_refused:
        raise PaymentNotRefundable("The gateway has not refused to refund this payment.")
    return order, payment


def attempt_refund(payment: Payment, *, actor: Actor) -> Payment:
    """Ask the gateway for a requested refund and record its answer.

    The call is made outside of any transaction. Without an answer the payment stays due, and the worker asks again
    under the same key.
    """
    try:
        answer = _call_gateway(gateway_named(payment.gateway), payment)
    except (GatewayTimeout, GatewayError):
        return payment
    with transaction.atomic(durable=True):
        order, payment = lock_payment(payment)
        if payment.is_refund_under_way:
            _record_refund_outcome(payment, order, answer, actor)
    return payment


def _call_gateway(gateway: Gateway, payment: Payment) -> Refund:
    """Ask for the refund; after an earlier call look for that one first, as gateways forget keys after a while."""
    key = f"{payment.id}-refund" + (f"-{payment.refund_attempt}" if payment.refund_attempt else "")
    known = gateway.find_refund(key=key, reference=payment.reference) if payment.attempts > 1 else None
    return known or gateway.refund_charge(
        key=key, reference=payment.reference, amount=payment.amount, currency=payment.currency
    )


def _record_refund_outcome(payment: Payment, order: Order, answer: Refund, actor: Actor) -> None:
    at = clock.now()
    if answer.outcome is Outcome.SUCCEEDED:
        previous = update_payment(
            payment, at, status=Payment.Status.REFUNDED, refund_reference=answer.reference, due_at=None
        )
        record_payment_event(payment, previous=previous, order=order, actor=actor, at=at)
    elif answer.outcome is Outcome.DECLINED:
        update_payment(payment, at, failure_code=answer.code, due_at=None)
        record_refund_refusal(payment, order=order, actor=actor, at=at)
        logger.error("The gateway refuses for good to refund payment %s (%s).", payment.id, answer.code)

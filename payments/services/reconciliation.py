"""Reconcile open payments and refunds with the gateway."""

from datetime import datetime

from kernel import clock
from kernel.actor import SYSTEM
from payments.errors import GatewayTimeout
from payments.gateways import gateway_named
from payments.gateways.port import Charge, Outcome
from payments.models import Payment
from payments.retry_policy import ABANDONED_AFTER, next_attempt_at
from payments.services.refunds import attempt_refund
from payments.services.settlement import settle_payment
from tenants.scoping import all_tenants, tenant_scope

NEVER_MADE = Charge(Outcome.DECLINED, code="gateway_unreachable")


def reconcile_due_payments(limit: int = 50) -> int:
    """Ask the gateway about the due payments of all tenants, and settle or refund them by its answers.

    Each payment is claimed first, by a compare-and-set that sets the time of its next attempt: of several workers one
    asks, and when it dies another one asks later.

    Args:
        limit: the most payments to ask about.

    Returns:
        The number of payments that were claimed.
    """
    with all_tenants(reason="the gateway is asked about the payments of every tenant"):
        due = list(Payment.objects.due()[:limit])
    return sum(_reconcile_if_due(payment) for payment in due)


def _reconcile_if_due(payment: Payment) -> bool:
    with tenant_scope(payment.tenant_id):
        is_ours = _claim_payment(payment, clock.now())
        if is_ours:
            _reconcile_payment(payment)
    return is_ours


def _claim_payment(payment: Payment, at: datetime) -> bool:
    """Claim the payment for one attempt, by a compare-and-set on its due time."""
    due_at, payment.due_at = payment.due_at, next_attempt_at(at, payment.attempts)
    payment.attempts += 1
    rows = Payment.objects.filter(pk=payment.pk, due_at=due_at, version=payment.version)
    return bool(rows.update(due_at=payment.due_at, attempts=payment.attempts))


def _reconcile_payment(payment: Payment) -> None:
    if payment.is_refund_under_way:
        attempt_refund(payment, actor=SYSTEM)
        return
    try:
        charge = gateway_named(payment.gateway).find_charge(key=str(payment.id))
    except GatewayTimeout:
        return
    if charge is None and clock.now() - payment.updated_at >= ABANDONED_AFTER:
        charge = NEVER_MADE
    if charge is not None:
        settle_payment(payment, charge, actor=SYSTEM)

"""Payments as the journal keeps them: a neutral shape of our own, which each interface represents in its own words."""

from collections.abc import Mapping
from typing import Any, Final

from kernel import clock, money
from payments.models import Payment
from payments.sources import without_payer

PAYMENT_SNAPSHOT_VERSION: Final = 1
"""Goes up when a field changes its name or meaning: readers of the journal tell the shapes apart by it."""
_SOURCE_FIELDS: Final[Mapping[str, str]] = {
    "expMonth": "exp_month",
    "expYear": "exp_year",
    "billingAddress": "billing_address",
    "accountHolderName": "account_holder_name",
    "accountNumber": "account_number",
    "routingNumber": "routing_number",
    "accountType": "account_type",
    "bankName": "bank_name",
}
"""Names of a stored source that differ in the snapshot."""


def snapshot_payment(payment: Payment) -> dict[str, Any]:
    """Return the payment as it is now, as JSON, without who paid: the journal outlives them (guarantees, G22)."""
    return {
        "version": PAYMENT_SNAPSHOT_VERSION,
        "id": str(payment.id),
        "amount": money.format_amount(payment.amount),
        "currency": payment.currency,
        "source": _snapshot_source(payment.source),
        "status": payment.status,
        "created_at": clock.format_rfc3339(payment.created_at),
    }


def snapshot_receipt(payment: Payment) -> dict[str, Any] | None:
    """Return the receipt of a payment that went through, as JSON; None where there is none."""
    if not payment.has_receipt or payment.settled_at is None:
        return None
    return {
        "version": PAYMENT_SNAPSHOT_VERSION,
        "id": str(payment.id),
        "generated_at": clock.format_rfc3339(payment.settled_at),
    }


def _snapshot_source(source: Mapping[str, Any]) -> dict[str, Any]:
    return {_SOURCE_FIELDS.get(name, name): value for name, value in without_payer(source).items()}

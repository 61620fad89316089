"""The journal's snapshots as callers see them: the contract's names, in camelCase (contract, Order, OrderPayment)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

_ORDER_NAMES: Final[Mapping[str, str]] = {
    "id": "id",
    "petId": "pet_id",
    "userId": "user_id",
    "status": "status",
    "totalAmount": "total_amount",
    "currency": "currency",
    "createdAt": "created_at",
    "updatedAt": "updated_at",
}
_SOURCE_NAMES: Final[Mapping[str, str]] = {
    "exp_month": "expMonth",
    "exp_year": "expYear",
    "billing_address": "billingAddress",
    "account_holder_name": "accountHolderName",
    "account_number": "accountNumber",
    "routing_number": "routingNumber",
    "account_type": "accountType",
    "bank_name": "bankName",
}
"""Which fields a source has depends on what it is; these have other names outside."""


def represent_order(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Represent an order's snapshot (contract, Order); its tenant is the event's and not in it."""
    return {name: snapshot[field] for name, field in _ORDER_NAMES.items()}


def represent_payment(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Represent a payment's snapshot (contract, OrderPayment)."""
    source = {_SOURCE_NAMES.get(field, field): value for field, value in snapshot["source"].items()}
    return {
        "id": snapshot["id"],
        "amount": snapshot["amount"],
        "currency": snapshot["currency"],
        "source": source,
        "status": snapshot["status"],
        "createdAt": snapshot["created_at"],
    }


def represent_receipt(snapshot: Mapping[str, Any]) -> dict[str, Any]:
    """Represent a receipt's snapshot, without its URL, which is made anew each time."""
    return {"receiptId": snapshot["id"], "generatedAt": snapshot["generated_at"]}


def represent_event_details(details: Mapping[str, Any]) -> dict[str, Any]:
    """Represent an audit event's details (contract, AuditLog): snapshots as above, everything else as it is."""
    return {_DETAIL_NAMES.get(field, field): _represent_detail(field, value) for field, value in details.items()}


def _represent_detail(field: str, value: Any) -> Any:
    is_snapshot = field in _SNAPSHOTS and isinstance(value, Mapping) and "version" in value
    return _SNAPSHOTS[field](value) if is_snapshot else value


_SNAPSHOTS: Final[Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]] = {
    "order": represent_order,
    "payment": represent_payment,
    "receipt": represent_receipt,
}
_DETAIL_NAMES: Final[Mapping[str, str]] = {"by_other_means": "byOtherMeans"}

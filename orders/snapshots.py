"""Orders as the journal keeps them: a neutral shape of our own, which each interface represents in its own words."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Final, Protocol
from uuid import UUID

from django.db.models import F

from kernel import clock, money

ORDER_SNAPSHOT_VERSION: Final = 1
"""Goes up when a field changes its name or meaning: readers of the journal tell the shapes apart by it."""


class OrderFields(Protocol):
    """The fields of an order that a snapshot has."""

    @property
    def id(self) -> UUID: ...
    @property
    def pet_id(self) -> UUID: ...
    @property
    def user_id(self) -> UUID | None: ...
    @property
    def status(self) -> str: ...
    @property
    def total_amount(self) -> Decimal: ...
    @property
    def currency(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...
    @property
    def updated_at(self) -> datetime: ...


def snapshot_order(order: OrderFields) -> dict[str, Any]:
    """Return the order as it is now, as JSON: ids, amounts and times are text."""
    return {
        "version": ORDER_SNAPSHOT_VERSION,
        "id": str(order.id),
        "pet_id": str(order.pet_id),
        "user_id": str(order.user_id) if order.user_id else None,
        "status": order.status,
        "total_amount": _format_total(order.total_amount),
        "currency": order.currency,
        "created_at": clock.format_rfc3339(order.created_at),
        "updated_at": clock.format_rfc3339(order.updated_at),
    }


def _format_total(value: Decimal | F) -> str | F:
    """Format the total; of an order that is being placed it is the pet's price, which only the database knows yet."""
    return value if isinstance(value, F) else money.format_amount(value)

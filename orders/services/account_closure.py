"""Erasure of what staff wrote about customers (guarantees, G22)."""

from collections.abc import Collection
from uuid import UUID

from orders.models import OrderTransition


def erase_reasons(order_ids: Collection[UUID]) -> None:
    """Erase the reasons in the transitions of these orders of the scope; the transitions stay."""
    OrderTransition.objects.filter(order_id__in=order_ids).exclude(reason="").update(reason="")

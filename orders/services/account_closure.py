"""Forgetting what staff wrote about whoever ordered (guarantees, G22)."""

from collections.abc import Collection
from uuid import UUID

from orders.models import OrderTransition


def erase_reasons(order_ids: Collection[UUID]) -> None:
    """Remove the reasons from the histories of these orders of the scope; the steps stay."""
    OrderTransition.objects.filter(order_id__in=order_ids).exclude(reason="").update(reason="")

"""Paying over REST."""

from typing import Any

from orders.models import Order
from tests.client import Client
from tests.payments.sources import VISA, card

Answer = Any
"""What the test client answers: a response with a `json` of its own."""


def payment_of(order: Order, **changed: Any) -> dict[str, Any]:
    """A good body for the order, but for what is changed."""
    return {"amount": str(order.total_amount), "currency": order.currency, "source": card()} | changed


def pay(client: Client, order: Order, number: str = VISA, key: str | None = None, **changed: Any) -> Answer:
    """Pay the order by card.

    Args:
        key: an Idempotency-Key.
    """
    body = payment_of(order, source=card(number=number)) | changed
    extra: dict[str, Any] = {} if key is None else {"HTTP_IDEMPOTENCY_KEY": key}
    return client.post(f"/v1/orders/{order.id}/payment", body, **extra)

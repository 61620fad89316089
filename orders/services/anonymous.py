"""The limit of unpaid orders that one network may hold without a token (ANONYMOUS_ORDER_LIMIT)."""

from django.conf import settings

from database import build_row
from kernel.actor import Actor
from kernel.digests import compute_keyed_digest
from kernel.networks import network_of_address
from orders.models import AnonymousReservation, Order

LIMIT_CONSTRAINT = "anonymous_order_limit"
"""The name under which the database refuses one order more."""


def build_anonymous_reservations(order: Order, actor: Actor) -> tuple[AnonymousReservation, ...]:
    """Build the row that counts a new order against the actor's network; none with a token, or without a limit.

    It is written in the statement that writes the order, so that the count is exact however many try at once. All
    tenants count together: an order in each of a thousand stores holds a thousand pets.
    """
    limit: int | None = settings.ANONYMOUS_ORDER_LIMIT
    if limit is None or actor.is_authenticated:
        return ()
    return (build_row(AnonymousReservation, order_id=order.id, origin=_hash_network(actor.ip_address), allowed=limit),)


def _hash_network(address: str | None) -> str:
    """Return an HMAC of the network: all addresses could be tried against a plain digest."""
    network = network_of_address(address) if address else "unknown"
    return compute_keyed_digest(settings.SECRET_KEY, "anonymous orders", network).hex()

"""Links by which a customer follows an order, each with a key that is made for it and needs no log-in."""

from typing import Final
from uuid import UUID

from django.conf import settings

from orders.signed_links import find_tenant_of_key, sign_link_key

_SALT: Final = "orders.tracking_links"


def build_tracking_url(tenant_id: UUID, order_id: UUID, *, site: str) -> str:
    """Build the link by which an order is followed; it shows how far the order is, and nothing else of the tenant.

    Args:
        site: the service's address where PUBLIC_URL does not say it; empty for a path.
    """
    return f"{settings.PUBLIC_URL or site}/track/{order_id}/{sign_link_key(_SALT, tenant_id, order_id)}"


def find_tenant_of_tracking_link(order_id: UUID, key: str) -> UUID | None:
    """Return the tenant whose order the link follows; None if the key was not made for it."""
    return find_tenant_of_key(_SALT, order_id, key)

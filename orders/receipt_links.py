"""Links to receipts, each with a key that is made for one receipt of one tenant and needs no log-in."""

from typing import Final
from uuid import UUID

from django.conf import settings

from orders.signed_links import find_tenant_of_key, sign_link_key

_SALT: Final = "orders.receipt_links"


def build_receipt_url(tenant_id: UUID, receipt_id: UUID, *, site: str) -> str:
    """Build the link to a receipt; it shows the receipt and nothing else of the tenant.

    Args:
        site: the service's address where PUBLIC_URL does not say it.
    """
    return f"{settings.PUBLIC_URL or site}/receipts/{receipt_id}/{sign_link_key(_SALT, tenant_id, receipt_id)}"


def find_tenant_of_link(receipt_id: UUID, key: str) -> UUID | None:
    """Return the tenant whose receipt the link shows; None if the key was not made for it."""
    return find_tenant_of_key(_SALT, receipt_id, key)

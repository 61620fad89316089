"""The receipt as a page to print, for every interface that shows it."""

from typing import Final

from django.template.loader import render_to_string

from orders.receipt_links import build_receipt_url
from orders.tracking_links import build_tracking_url
from payments.queries import Receipt

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A receipt can be saved as one file: its style is in it, and it loads nothing."""


def render_receipt_page(receipt: Receipt, *, seller: str, site: str) -> str:
    """Render a receipt as HTML; send it with CONTENT_SECURITY_POLICY.

    Args:
        seller: the name of the store.
        site: the service's address where PUBLIC_URL does not say it.
    """
    tenant_id = receipt.order.tenant_id
    links = {
        "url": build_receipt_url(tenant_id, receipt.id, site=site),
        "tracking_url": build_tracking_url(tenant_id, receipt.order.id, site=site),
    }
    return render_to_string("receipt.html", {"receipt": receipt, "seller": seller} | links)

"""The receipt as a page to print, for every interface that shows it."""

from typing import Final

from django.template.loader import render_to_string

from payments.queries import Receipt

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A receipt can be saved as one file: its style is in it, and it loads nothing."""


def render_receipt_page(receipt: Receipt, *, seller: str, url: str) -> str:
    """Render a receipt as HTML; send it with CONTENT_SECURITY_POLICY.

    Args:
        seller: the name of the store.
        url: the receipt's secret link.
    """
    return render_to_string("receipt.html", {"receipt": receipt, "seller": seller, "url": url})

"""The receipt page behind the secret link `receiptUrl` (contract, Payments)."""

from typing import Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from orders.receipt_links import build_receipt_url
from payments.errors import ReceiptNotFound
from payments.queries import get_receipt_by_link
from petstore.interfaces.http.receipt_page import CONTENT_SECURITY_POLICY, render_receipt_page
from tenants.errors import TenantSuspended

HEADERS: Final = {
    "Cache-Control": "private, no-cache",
    "Referrer-Policy": "no-referrer",
    "X-Robots-Tag": "noindex, nofollow, noarchive",
}
"""The address is a secret: proxies do not store the page, and no other site gets its address."""


@require_safe
def show_receipt_page(request: HttpRequest, receipt_id: UUID, key: str) -> HttpResponse:
    """Show the receipt as a page to print; any invalid link is answered by 404."""
    try:
        receipt, tenant = get_receipt_by_link(receipt_id, key)
    except ReceiptNotFound as error:
        raise Http404 from error
    except TenantSuspended:
        return HttpResponse(render_to_string("receipt_suspended.html", {"home": "/"}), status=403, headers=HEADERS)
    url = build_receipt_url(tenant.id, receipt.id, site=f"{request.scheme}://{request.get_host()}")
    page = render_receipt_page(receipt, seller=tenant.seller_name, url=url)
    return HttpResponse(page, headers=HEADERS | {"Content-Security-Policy": CONTENT_SECURITY_POLICY})

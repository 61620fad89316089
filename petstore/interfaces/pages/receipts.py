"""The receipt page behind the secret link `receiptUrl` (contract, Payments)."""

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from payments.errors import ReceiptNotFound
from payments.queries import get_receipt_by_link
from petstore.interfaces.http.receipt_page import CONTENT_SECURITY_POLICY, render_receipt_page
from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.pages.secret_links import HEADERS, render_closed_store
from tenants.errors import TenantSuspended


@require_safe
def show_receipt_page(request: HttpRequest, receipt_id: UUID, key: str) -> HttpResponse:
    """Show the receipt as a page to print; any invalid link is answered by 404."""
    try:
        receipt, tenant = get_receipt_by_link(receipt_id, key)
    except ReceiptNotFound as error:
        raise Http404 from error
    except TenantSuspended:
        return render_closed_store("Its receipts")
    page = render_receipt_page(receipt, seller=tenant.seller_name, site=build_site_url(request))
    return HttpResponse(page, headers=HEADERS | {"Content-Security-Policy": CONTENT_SECURITY_POLICY})

"""What the pages that show a receipt have in common."""

from uuid import UUID

from kernel.actor import SYSTEM
from orders.receipt_links import tenant_of_link
from payments.errors import ReceiptNotFound
from payments.queries import Receipt, get_receipt
from tenants.errors import TenantSuspended
from tenants.models import Tenant
from tenants.scoping import tenant_scope

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A receipt is one file, to be kept: its style is in it, and it loads nothing."""


def get_receipt_by_link(receipt_id: UUID, key: str) -> tuple[Receipt, Tenant]:
    """The receipt that a link leads to, and who sold: the link is all the right that is asked for.

    Raises:
        ReceiptNotFound: the key is not this receipt's, or there is none.
        TenantSuspended: the store answers nobody for now.
    """
    tenant_id = tenant_of_link(receipt_id, key)
    tenant = Tenant.objects.filter(pk=tenant_id).first() if tenant_id else None
    if tenant is None:
        raise ReceiptNotFound
    if tenant.is_suspended:
        raise TenantSuspended
    with tenant_scope(tenant.id):
        return get_receipt(receipt_id, actor=SYSTEM), tenant

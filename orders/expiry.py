"""Orders that nobody pays for give their pet back."""

from datetime import timedelta

from kernel import clock
from kernel.actor import SYSTEM
from kernel.errors import StaleVersion
from orders.models import Order
from orders.services.moving import cancel_order
from tenants.scoping import all_tenants, tenant_scope

REASON = "Not paid in time."


def overdue_orders(*, older_than: timedelta) -> list[Order]:
    """The unpaid orders of all tenants that were placed longer ago than that, oldest first."""
    with all_tenants(reason="unpaid orders expire in every tenant"):
        return list(Order.objects.unpaid().filter(created_at__lt=clock.now() - older_than).order_by("created_at", "id"))


def expire_order(order: Order) -> bool:
    """Cancel the order, unless somebody has moved it since it was read; says whether it did."""
    with tenant_scope(order.tenant_id):
        try:
            cancel_order(order_id=order.id, actor=SYSTEM, reason=REASON, expected_version=order.version)
        except StaleVersion:
            return False
    return True

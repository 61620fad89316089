"""Expiry of unpaid orders (contract, Commands)."""

from datetime import timedelta

from django.db.models import Exists, OuterRef

from kernel import clock
from kernel.actor import SYSTEM
from kernel.errors import StaleVersion
from orders.models import Order
from payments.errors import PaymentUnderWay
from payments.models import Payment
from payments.services.order_transitions import cancel_unpaid_order
from tenants.scoping import all_tenants, tenant_scope

REASON = "Not paid in time."


def find_overdue_orders(*, older_than: timedelta) -> list[Order]:
    """Return the unpaid orders of all tenants that are older than that, without those being paid now, oldest first."""
    with all_tenants(reason="unpaid orders expire in every tenant"):
        payments = Payment.objects.live().filter(tenant_id=OuterRef("tenant_id"), order_id=OuterRef("pk"))
        overdue = Order.objects.unpaid().filter(~Exists(payments), created_at__lt=clock.now() - older_than)
        return list(overdue.order_by("created_at", "id"))


def expire_order(order: Order) -> bool:
    """Cancel the order and return True; return False if it has changed since it was read, or is being paid."""
    with tenant_scope(order.tenant_id):
        try:
            cancel_unpaid_order(order_id=order.id, actor=SYSTEM, reason=REASON, expected_version=order.version)
        except (StaleVersion, PaymentUnderWay):
            return False
    return True

"""Each group of staff may do what its permissions say with a refund that the gateway has refused."""

import pytest

from kernel.actor import SYSTEM
from payments.services.order_transitions import cancel_order
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import reload_row, text_of
from tests.backoffice.test_payments import Refusing
from tests.backoffice.test_roles import MAY, ORDERS, Shop, member, shop
from tests.payments.conftest import Use, use
from tests.payments.paying import Unlucky
from tests.snapshots import snapshot

__all__ = ["shop", "use"]

COMMANDS = ("refund_again", "note_refund")


@pytest.fixture
def refused(shop: Shop, use: Use) -> Shop:
    """Its order was cancelled, and the gateway refused to give the money back; by now it would."""
    use(Refusing())
    with tenant_scope(shop.tenant.id):
        cancel_order(order_id=shop.order.pk, actor=SYSTEM)
    use(Unlucky())
    return shop


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize("group", MAY)
def test_a_refused_refund_is_settled_by_whoever_changes_orders(
    acme: Tenant, refused: Shop, group: str, command: str
) -> None:
    screen, payment = member(acme, group), reload_row(refused.payment)
    before = snapshot()
    screen.fill("payments_payment_command", payment.pk, command, version=payment.version, reason="Transfer 4711")
    status = reload_row(payment).status
    assert (snapshot() != before, status) == ((True, "REFUNDED") if ORDERS in MAY[group] else (False, "SUCCEEDED"))


@pytest.mark.parametrize("group", MAY)
def test_what_settles_a_refused_refund_is_offered_to_them_alone(acme: Tenant, refused: Shop, group: str) -> None:
    screen = member(acme, group)
    pages = [
        text_of(screen.open("payments_payment_change", refused.payment.pk)),
        text_of(screen.open("orders_order_change", refused.order.pk)),
    ]
    for command in COMMANDS:
        assert [f"/command/{command}/" in page for page in pages] == [ORDERS in MAY[group], False]

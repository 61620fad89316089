"""verify_journal finds a payment that disagrees with the journal or its order (contract, Commands)."""

from decimal import Decimal
from typing import Any

import pytest

from events.models import AuditEvent
from kernel import clock
from kernel.actor import SYSTEM
from orders.models import Order
from orders.states import Status
from payments.gateways.sandbox import DECLINED_CARD, SILENT_CARD
from payments.integrity import run_payment_checks
from payments.models import Payment
from payments.services.order_transitions import cancel_order
from tenants.models import Tenant
from tests.commands.conftest import Run, run
from tests.factories import OrderFactory
from tests.payments.paying import pay

__all__ = ["run"]

pytestmark = pytest.mark.usefixtures("in_acme", "revenue_at_once")


def _broken() -> dict[str, tuple[str, ...]]:
    return {check.claim: check.broken for check in run_payment_checks() if check.broken}


def test_payments_of_every_kind_agree(in_acme: Tenant, run: Run) -> None:
    orders = OrderFactory.create_batch(5, tenant=in_acme)
    for order, number in zip(orders, [DECLINED_CARD, SILENT_CARD, SILENT_CARD], strict=False):
        pay(order, number)
    for order in orders[3:]:
        pay(order)
    for order in orders[2:4]:
        cancel_order(order_id=order.id, actor=SYSTEM)
    assert {payment.status for payment in Payment.objects.all()} == {
        "FAILED", "PROCESSING", "CANCELLED", "REFUNDED", "SUCCEEDED",
    }  # fmt: skip
    assert _broken() == {}
    assert "ok    Every payment is of its order's total" in run("verify_journal")


@pytest.mark.parametrize(
    ("number", "changed", "claims"),
    [
        (
            SILENT_CARD,
            {"status": "SUCCEEDED"},
            ["Every payment that is settled has its event", "No paid order waits to be approved"],
        ),
        (
            DECLINED_CARD,
            {"status": "CANCELLED"},
            ["Every payment that is settled has its event", "Every event of a payment has its payment"],
        ),
        (SILENT_CARD, {"due_at": None}, ["Every open payment and every refund is due"]),
    ],
)
def test_a_payment_that_was_changed_by_hand_is_found(
    order: Order, number: str, changed: dict[str, Any], claims: list[str]
) -> None:
    payment = pay(order, number)
    Payment.objects.filter(pk=payment.pk).update(**changed)
    assert _broken() == dict.fromkeys(claims, (str(payment.pk),))


def test_a_refund_that_nobody_will_try_again_is_found(order: Order) -> None:
    payment = pay(order)
    Payment.objects.filter(pk=payment.pk).update(refund_requested_at=clock.now())
    assert _broken() == {"Every open payment and every refund is due": (str(payment.pk),)}


def test_an_order_whose_total_was_changed_by_hand_is_found(order: Order) -> None:
    payment = pay(order)
    Order.objects.filter(pk=order.pk).update(total_amount=Decimal("1.00"))
    assert _broken() == {"Every payment is of its order's total": (str(payment.pk),)}


def test_money_that_a_cancelled_order_keeps_is_found(order: Order) -> None:
    payment = pay(order)
    Order.objects.filter(pk=order.pk).update(status=Status.CANCELLED)
    assert _broken() == {"No cancelled order keeps a payment": (str(payment.pk),)}


def test_an_event_that_is_told_twice_is_found(order: Order) -> None:
    payment = pay(order)
    event = AuditEvent.objects.get(entity_id=payment.id)
    AuditEvent(action=event.action, entity_type="PAYMENTS", entity_id=payment.id, details=event.details).save()
    assert _broken() == {"No payment has two events of one status": (str(payment.pk),)}


def test_a_refund_that_never_was_is_found(order: Order) -> None:
    payment = pay(order)
    details = {"payment": {"status": "REFUNDED"}}
    AuditEvent(action="PAYMENT_REFUNDED", entity_type="PAYMENTS", entity_id=payment.id, details=details).save()
    assert _broken() == {"Every event of a payment has its payment": (str(payment.pk),)}

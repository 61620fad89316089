"""A payment that comes in with its past leaves what it would have left had it been made here."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from events.models import Action, AuditEvent, PendingEvent
from kernel import clock
from kernel.actor import SYSTEM
from orders.imports import PastOrder, PastPet, PastRows, PastStep
from orders.models import Order
from orders.states import Status
from payments.errors import OrderNotPayable
from payments.gateways.sandbox import DECLINED_CARD, FAILING_CARD, SUCCEEDING_CARD
from payments.imports import PastPayment, PastSales, import_sales
from payments.models import Payment, SandboxEntry
from payments.services.order_transitions import cancel_order
from pets.services.details import PetDetails
from tests.payments.paying import charged, pay, refunded, source, stored

pytestmark = pytest.mark.usefixtures("in_acme")

AT = clock.now() - timedelta(days=2)
PLACED = PastStep(status=Status.PLACED, at=AT, by=SYSTEM)
PAID = PastStep(status=Status.APPROVED, at=AT + timedelta(minutes=5), by=SYSTEM, reason="Paid.")
CANCELLED = PastStep(status=Status.CANCELLED, at=AT + timedelta(hours=3), by=SYSTEM)
VARYING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
)


def imported(like: Order, number: str, *later: PastStep) -> Payment:
    """The payment, by this card, of an order like that one with this past."""
    details = PetDetails(species="DOG", name="Rex", age_months=3, price=like.total_amount, currency=like.currency)
    order = PastOrder(customer_id=like.user_id, steps=(PLACED, *later))
    sales = PastSales(PastRows(like.tenant_id))
    attempt = PastPayment(source=source(number), at=PAID.at)
    sales.add_pet(PastPet(details=details, arrived_at=AT, by=SYSTEM, orders=(order,)), [[attempt]])
    import_sales(sales)
    payment: Payment = Payment.objects.exclude(order=like).get()
    return payment


def traces(payment: Payment) -> str:
    """All that a payment has left behind, its ids and times apart."""
    found: list[Any] = [Payment.objects.filter(pk=payment.pk).values().get()]
    found += AuditEvent.objects.filter(entity_id=payment.pk).order_by("id").values("action", "details", "actor_id")
    found += SandboxEntry.objects.filter(key__startswith=str(payment.pk)).order_by("key").values()
    text = json.dumps(found, cls=DjangoJSONEncoder)
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


def test_one_that_went_through(order: Order) -> None:
    assert traces(imported(order, SUCCEEDING_CARD, PAID)) == traces(pay(order))


@pytest.mark.parametrize("number", [DECLINED_CARD, FAILING_CARD])
def test_one_that_failed(order: Order, number: str) -> None:
    assert traces(imported(order, number)) == traces(pay(order, number))


def test_one_that_was_refunded(order: Order) -> None:
    payment = pay(order)
    cancel_order(order_id=order.id, actor=SYSTEM)
    assert traces(imported(order, SUCCEEDING_CARD, PAID, CANCELLED)) == traces(payment)


def test_the_journal_has_it_between_the_steps_of_its_order(order: Order) -> None:
    payment = imported(order, SUCCEEDING_CARD, PAID, CANCELLED)
    events = AuditEvent.objects.filter(entity_id__in=[payment.pk, payment.order_id]).order_by("chain_link__position")
    assert list(events.values_list("action", flat=True)) == [
        Action.ORDER_CREATED,
        Action.ORDER_STATUS_CHANGED,
        Action.PAYMENT_SUCCEEDED,
        Action.ORDER_CANCELLED,
        Action.PAYMENT_REFUNDED,
    ]


def test_it_is_told_to_nobody(order: Order) -> None:
    before = PendingEvent.objects.count()
    imported(order, SUCCEEDING_CARD, PAID)
    assert PendingEvent.objects.count() == before


def test_it_can_be_refunded_like_any_other(order: Order) -> None:
    payment = imported(order, SUCCEEDING_CARD, PAID)
    cancel_order(order_id=payment.order_id, actor=SYSTEM)
    assert (stored(payment).status, charged(), refunded()) == (Payment.Status.REFUNDED, 1, 1)


def test_money_for_an_order_that_was_not_approved_is_refused_and_changes_nothing(order: Order) -> None:
    with pytest.raises(OrderNotPayable):
        imported(order, SUCCEEDING_CARD)
    assert not Payment.objects.exists()
    assert Order.objects.get() == order

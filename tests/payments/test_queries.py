"""Who sees which payments and receipts (contract, Who may do what)."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from kernel.actor import ANONYMOUS, SYSTEM, Actor
from kernel.errors import DomainError, LoginRequired
from orders.errors import NotYourOrder, OrderNotFound
from orders.models import Order
from payments.errors import PaymentNotFound, ReceiptNotFound
from payments.gateways.sandbox import DECLINED_CARD, SILENT_CARD
from payments.models import Payment
from payments.queries import get_payment, get_receipt, list_order_payments
from payments.services.order_transitions import cancel_order
from pets.models import Pet
from tenants.models import Tenant
from tests.factories import OrderFactory, acting
from tests.payments.paying import pay

pytestmark = pytest.mark.usefixtures("in_acme")


@pytest.fixture
def alices(rex: Pet, alice: User) -> Payment:
    """What alice has paid."""
    return pay(OrderFactory.create(pet=rex, customer=alice), actor=acting(alice))


Read = Callable[[Payment, Actor], object]
READS: dict[str, Read] = {
    "payments": lambda payment, actor: list_order_payments(payment.order_id, actor=actor),
    "payment": lambda payment, actor: get_payment(payment.id, actor=actor),
    "receipt": lambda payment, actor: get_receipt(payment.id, actor=actor),
}
every_read = pytest.mark.parametrize("read", READS.values(), ids=READS)


@every_read
def test_the_customer_and_the_staff_see_it(alices: Payment, alice: User, sam: User, read: Read) -> None:
    for user in (alice, sam):
        assert read(alices, acting(user))


@every_read
def test_nobody_else_sees_it(alices: Payment, bob: User, read: Read) -> None:
    for actor, refusal in ((acting(bob), NotYourOrder), (ANONYMOUS, LoginRequired)):
        with pytest.raises(refusal):
            read(alices, actor)


@pytest.mark.parametrize(
    ("read", "refusal"),
    [("payments", OrderNotFound), ("payment", PaymentNotFound), ("receipt", ReceiptNotFound)],
)
def test_what_another_tenant_was_paid_is_not_found(mia: Pet, read: str, refusal: type[DomainError]) -> None:
    payment = pay(OrderFactory.create(pet=mia))
    with pytest.raises(refusal):
        READS[read](payment, SYSTEM)


def test_the_payments_of_an_order_come_in_the_order_of_the_tries(order: Order) -> None:
    tries = [pay(order, number).id for number in (DECLINED_CARD, DECLINED_CARD, SILENT_CARD)]
    pay(OrderFactory.create(tenant=order.tenant))
    assert [payment.id for payment in list_order_payments(order.id, actor=SYSTEM)] == tries


def test_a_receipt_says_what_was_paid_for_what_and_when(alices: Payment, rex: Pet) -> None:
    receipt = get_receipt(alices.id, actor=SYSTEM)
    assert (receipt.id, receipt.payment, receipt.order.id) == (alices.id, alices, alices.order_id)
    assert receipt.generated_at == alices.settled_at
    with CaptureQueriesContext(connection) as queries:
        assert receipt.order.pet.name == rex.name
    assert len(queries) == 0


def test_a_receipt_outlives_the_refund(order: Order) -> None:
    payment = pay(order)
    cancel_order(order_id=order.id, actor=SYSTEM)
    assert get_receipt(payment.id, actor=SYSTEM).payment.status == Payment.Status.REFUNDED


@pytest.mark.parametrize("number", [DECLINED_CARD, SILENT_CARD])
def test_what_did_not_go_through_has_no_receipt(order: Order, number: str) -> None:
    with pytest.raises(ReceiptNotFound):
        get_receipt(pay(order, number).id, actor=SYSTEM)


def test_what_does_not_exist_is_not_found(acme: Tenant) -> None:
    with pytest.raises(PaymentNotFound):
        get_payment(uuid4(), actor=SYSTEM)

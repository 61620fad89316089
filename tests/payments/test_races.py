"""What holds when many pay, cancel and sweep at the same moment (guarantees, G2), each with its negative control."""

import threading

import pytest
from django.db import connection, transaction

from events.models import AuditEvent
from idempotency.errors import KeyInUse
from kernel import clock
from kernel.actor import SYSTEM
from orders.models import Order, OrderTransition
from orders.services import transitions
from orders.states import Command, Status
from payments import integrity
from payments.errors import OrderNotPayable, PaymentUnderWay
from payments.gateways.port import Charge, Outcome
from payments.gateways.sandbox import SILENT_CARD
from payments.history import record_payment_event
from payments.models import Payment
from payments.services.reconciliation import reconcile_due_payments
from payments.services.settlement import settle_payment
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.concurrency import PATIENCE, run_together, wait_until_somebody_waits_for_a_lock
from tests.factories import OrderFactory, TenantFactory
from tests.payments.conftest import Use
from tests.payments.paying import charged, let_pass, pay, pay_once, payments_of, statuses, stored
from tests.payments.rush import KEYS, Meeting, complaints, pay_and_cancel, pay_carelessly, payers, sweep_up
from tests.stress.storm import crowd

pytestmark = pytest.mark.django_db(transaction=True)
REFUSALS: dict[str, set[type[BaseException]]] = {
    "one key": {KeyInUse},
    "a key each": {PaymentUnderWay, OrderNotPayable},
    "no key": {PaymentUnderWay, OrderNotPayable},
}


@pytest.fixture
def shop(db: None) -> Tenant:
    return TenantFactory.create()


@pytest.fixture
def order(shop: Tenant) -> Order:
    placed: Order = OrderFactory.create(tenant=shop)
    return placed


@pytest.mark.parametrize("keys", KEYS)
def test_of_many_payments_of_one_order_one_charges(order: Order, keys: str) -> None:
    outcome = payers(order, crowd(), keys)
    assert {type(error) for error in outcome.errors} <= REFUSALS[keys]
    assert (charged(), statuses(order), stored(order).status) == (1, {"SUCCEEDED": 1}, Status.APPROVED)
    assert complaints([order]) == []


def test_who_repeats_the_key_gets_the_same_payment(order: Order) -> None:
    answers = set(payers(order, crowd(), "one key").results) | {pay_once(order, "the key")}
    assert answers == {payment.id for payment in payments_of(order)}


@pytest.mark.usefixtures("without_the_payments_index")
def test_without_the_index_everybody_charges(order: Order, use: Use) -> None:
    use(Meeting(8))
    payers(order, 8, "no key")
    assert charged() == 8


def test_payers_who_charge_before_they_write_all_charge(order: Order) -> None:
    bank = Meeting(8)
    assert run_together([lambda: pay_carelessly(order, bank)] * 8).results == [True] * 8
    assert charged() == 8


def test_payments_and_cancellations_at_once_lose_no_money(shop: Tenant) -> None:
    orders = OrderFactory.create_batch(crowd() // 2, tenant=shop)
    ended = pay_and_cancel(orders)
    sweep_up()
    assert complaints(orders) == []
    assert set(ended) <= {Status.CANCELLED, Status.APPROVED}


def test_who_pays_an_order_that_is_being_cancelled_waits_and_is_refused(order: Order) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    is_cancelled = threading.Event()

    def cancel() -> None:
        with tenant_scope(order.tenant_id), transaction.atomic():
            transitions.transition_order(order_id=order.id, command=Command.CANCEL, actor=SYSTEM)
            is_cancelled.set()
            wait_until_somebody_waits_for_a_lock()

    def come_too_late() -> None:
        is_cancelled.wait(PATIENCE)
        pay(order)

    outcome = run_together([cancel, come_too_late])
    assert [type(error) for error in outcome.errors] == [OrderNotPayable]
    assert (charged(), payments_of(order)) == (0, [])


def test_a_cancellation_that_forgets_the_money_is_complained_of(order: Order) -> None:
    pay(order)
    with tenant_scope(order.tenant_id):
        transitions.transition_order(order_id=order.id, command=Command.CANCEL, actor=SYSTEM)
    assert complaints([order]) == [f"order {order.id} is cancelled and keeps money", *_broken()]
    assert _broken() == ["No cancelled order keeps a payment"]


def test_sweeps_at_once_settle_each_payment_once(shop: Tenant) -> None:
    orders = OrderFactory.create_batch(5, tenant=shop)
    for order in orders:
        pay(order, SILENT_CARD)
    let_pass(2)
    outcome = run_together([reconcile_due_payments] * 8)
    assert (outcome.errors, sum(outcome.results)) == ([], 5)
    assert [stored(order).version for order in orders] == [2] * 5
    assert complaints(orders) == []


def test_of_many_with_the_same_news_one_writes_it_down(order: Order) -> None:
    payment, news = pay(order, SILENT_CARD), Charge(Outcome.SUCCEEDED, "the reference")

    def write() -> Payment:
        with tenant_scope(order.tenant_id):
            return settle_payment(payment, news, actor=SYSTEM)

    outcome = run_together([write] * 8)
    assert [settled.status for settled in outcome.results] == ["SUCCEEDED"] * 8
    assert (_times_told(payment), _times_approved(order)) == (1, 1)
    assert stored(payment).refund_requested_at is None


def test_those_who_look_before_they_write_tell_it_many_times(order: Order) -> None:
    payment = pay(order, SILENT_CARD)
    everybody_has_looked = threading.Barrier(4)

    def write() -> None:
        with tenant_scope(order.tenant_id):
            row = Payment.objects.get(pk=payment.pk, status=Payment.Status.PROCESSING)
            everybody_has_looked.wait(PATIENCE)
            Payment.objects.filter(pk=row.pk).update(status=Payment.Status.SUCCEEDED)
            row.status = Payment.Status.SUCCEEDED
            record_payment_event(row, previous="PROCESSING", order=order, actor=SYSTEM, at=clock.now())

    assert run_together([write] * 4).errors == []
    assert _times_told(payment) == 4
    assert "No payment has two events of one status" in _broken()


def _broken() -> list[str]:
    return [check.claim for check in integrity.run_payment_checks() if check.broken]


def _times_told(payment: Payment) -> int:
    with tenant_scope(payment.tenant_id):
        return int(AuditEvent.objects.filter(entity_id=payment.id, action="PAYMENT_SUCCEEDED").count())


def _times_approved(order: Order) -> int:
    with tenant_scope(order.tenant_id):
        return OrderTransition.objects.filter(order=order, to_status=Status.APPROVED).count()

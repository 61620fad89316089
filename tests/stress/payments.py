"""G2 at length: `pytest tests/stress/payments.py`, with `--db sqlite` for the other database.

100 orders, each paid by 50 clients at once (16 on SQLite) with one key, with a key each and with none; 100 other
requests with the keys; 100 payments against 100 cancellations, twenty at a time; 100 processes that are killed
while they pay, and whose keys come again.
"""

import signal
from collections import Counter
from collections.abc import Callable
from random import Random
from time import sleep

import pytest

from orders.models import Order
from payments.gateways.sandbox import SandboxGateway
from payments.ledger import DatabaseLedger
from tenants.models import Tenant
from tests.concurrency import run_together
from tests.factories import OrderFactory, TenantFactory
from tests.payments.paying import charged, let_claims_run_out, pay_once, refunded, stored
from tests.payments.rush import KEYS, complaints, pay_and_cancel, pay_carelessly, payers, sweep_up
from tests.stress.storm import crowd
from tests.traffic.processes import printed, start
from traffic.errors import KeyReused

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = 100
AT_ONCE = 20
KILLS = 100


@pytest.fixture
def shop(db: None) -> Tenant:
    return TenantFactory.create()


def _orders(shop: Tenant, number: int = ORDERS) -> list[Order]:
    return OrderFactory.create_batch(number, tenant=shop)


@pytest.mark.parametrize("keys", KEYS)
def test_each_of_many_orders_is_charged_once(shop: Tenant, report: Callable[[str], None], keys: str) -> None:
    orders, refused = _orders(shop), Counter[str]()
    for order in orders:
        outcome = payers(order, crowd(), keys)
        refused += Counter(type(error).__name__ for error in outcome.errors)
    report(f"{ORDERS} orders × {crowd()} clients, {keys}: {charged()} charges; refused {dict(refused)}")
    assert charged() == ORDERS
    assert set(refused) <= {"KeyInUse", "PaymentUnderWay", "OrderNotPayable"}
    assert complaints(orders) == []


def test_another_request_with_the_key_is_always_refused(shop: Tenant, report: Callable[[str], None]) -> None:
    orders = _orders(shop)
    for order in orders:
        pay_once(order)
    refused = 0
    for order in orders:
        with pytest.raises(KeyReused):
            pay_once(order, body=b"another")
        refused += 1
    report(f"{refused} of {ORDERS} other bodies refused; {charged()} charges")
    assert charged() == ORDERS


def test_the_careless_control_charges_more(shop: Tenant, report: Callable[[str], None]) -> None:
    bank = SandboxGateway(DatabaseLedger())
    orders = _orders(shop, 10)
    for order in orders:
        run_together([lambda order=order: pay_carelessly(order, bank)] * crowd())  # type: ignore[misc]  # its default binds the order
    report(f"negative control: 10 orders × {crowd()} clients, {charged()} charges")
    assert charged() > len(orders)


def test_payments_and_cancellations_lose_no_money(shop: Tenant, report: Callable[[str], None]) -> None:
    orders, ended = _orders(shop), Counter[str]()
    for first in range(0, ORDERS, AT_ONCE):
        ended += pay_and_cancel(orders[first : first + AT_ONCE])
    sweep_up()
    report(f"{ORDERS} payments against cancellations: {dict(ended)}; {charged()} charges, {refunded()} refunds")
    assert complaints(orders) == []


def test_processes_that_are_killed_while_they_pay_charge_once(shop: Tenant, report: Callable[[str], None]) -> None:
    orders, dice, seen = _orders(shop, KILLS), Random(1), Counter[str]()
    for order in orders:
        payer = start("tests.payments.callers", "pay_and_tell", str(order.id))
        assert payer.stdout is not None
        payer.stdout.readline()
        sleep(dice.random() * 0.03)
        payer.send_signal(signal.SIGKILL)
        printed([payer])
        seen[f"{stored(order).status}, {charged(order)} charged"] += 1
    report(f"{KILLS} kills: {dict(seen)}")
    let_claims_run_out()
    for order in orders:
        pay_once(order)
    report(f"after the keys came again: {charged()} charges of {len(orders)} orders")
    assert charged() == len(orders)
    assert complaints(orders) == []

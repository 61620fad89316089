"""G2 at length: `pytest tests/stress/payments.py`, with `--db sqlite` for the other database.

100 orders, each paid over HTTP by 50 clients at once (16 on SQLite) with one key, with a key each and with none;
100 other requests with the keys; 100 payments against 100 cancellations, twenty at a time; 100 processes that are
killed while they pay, and whose keys come again.
"""

from collections import Counter
from collections.abc import Callable
from functools import partial
from random import Random
from time import sleep

import pytest

from orders.models import Order
from payments.gateways.ledger import DatabaseLedger
from payments.gateways.sandbox import SandboxGateway
from tenants.models import Tenant
from tests.client import Client
from tests.concurrency import run_together
from tests.factories import OrderFactory, TenantFactory
from tests.payments.callers import pay_and_tell
from tests.payments.paying import charged, let_leases_expire, pay_once, refunded, stored
from tests.payments.rush import complaints, pay_and_cancel, pay_carelessly, sweep_up
from tests.processes import running
from tests.rest.paying import pay
from tests.stress.storm import crowd, make_ready

pytestmark = pytest.mark.django_db(transaction=True)
ORDERS = 100
AT_ONCE = 20
KILLS = 100
CREATED = 201


@pytest.fixture
def shop(db: None) -> Tenant:
    return TenantFactory.create(access=Tenant.Access.OPEN)


def _orders(shop: Tenant, number: int = ORDERS) -> list[Order]:
    return OrderFactory.create_batch(number, tenant=shop)


KEYS: dict[str, Callable[[int], str | None]] = {
    "one key": lambda _number: "the key",
    "a key each": lambda number: f"key {number}",
    "no key": lambda _number: None,
}


@pytest.mark.parametrize("keys", KEYS)
def test_each_of_many_orders_is_charged_once(shop: Tenant, report: Callable[[str], None], keys: str) -> None:
    orders, seen = _orders(shop), Counter[int]()
    make_ready()
    for order in orders:
        calls = [partial(pay, Client().at(shop), order, key=KEYS[keys](number)) for number in range(crowd())]
        outcome = run_together(calls)
        assert outcome.errors == []
        assert len({answer.content for answer in outcome.results if answer.status_code == CREATED}) == 1
        seen += Counter(answer.status_code for answer in outcome.results)
    report(f"{ORDERS} orders × {crowd()} clients, {keys}: {dict(seen)}, {charged()} charges")
    assert set(seen) <= {CREATED, 409}
    assert charged() == ORDERS
    assert complaints(orders) == []


def test_another_request_with_the_key_is_always_refused(shop: Tenant, report: Callable[[str], None]) -> None:
    orders, api = _orders(shop), Client().at(shop)
    for order in orders:
        pay(api, order, key="the key")
    seen = Counter(pay(api, order, "4000000000000002", key="the key").status_code for order in orders)
    report(f"{ORDERS} other requests with the keys: {dict(seen)}, {charged()} charges")
    assert seen == {422: ORDERS}
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
        with running(pay_and_tell, str(order.id)) as payer:
            payer.heard()
            sleep(dice.random() * 0.03)
        seen[f"{stored(order).status}, {charged(order)} charged"] += 1
    report(f"{KILLS} kills: {dict(seen)}")
    let_leases_expire()
    for order in orders:
        pay_once(order)
    report(f"after the keys came again: {charged()} charges of {len(orders)} orders")
    assert charged() == len(orders)
    assert complaints(orders) == []

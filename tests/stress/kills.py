"""G5 at length: `pytest tests/stress/kills.py`, with `--db sqlite` for the other database.

200 kill -9 of the worker at every point of a delivery, 50 more with many deliveries on their way, and 200 of the web
process under orders; and 20 times the database is stopped. Nothing is lost, nothing is made up, and what comes
twice has one id.
"""

import socket
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from random import Random
from threading import Semaphore

import pytest
from pytest_django import Settings

from kernel.actor import SYSTEM
from orders.models import Order
from orders.services.transitions import approve_order
from payments.services.order_transitions import cancel_order
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory, PetFactory
from tests.server.server import wait_until
from tests.stress.clusters import Cluster, own_cluster
from tests.stress.hearing import findings, open_shop, wait_for_the_rest
from tests.stress.nursery import Nursery, kill, nursery
from tests.stress.shoppers import Shoppers, shopping
from tests.stress.stops import stopped_under_payers
from tests.webhooks.sink import Behaviour, answer_with, listening_sink, send_only
from webhooks.delivery.concurrency import MAX_PER_ENDPOINT

__all__ = ["own_cluster"]

pytestmark = pytest.mark.django_db(transaction=True)
HALF_AN_ANSWER = b"HTTP/1.1 200 OK\r\nContent-Le"
PATIENCE = 60


class Executioner:
    """A receiver that kills the worker when it is asked to, each time at another point of a delivery."""

    def __init__(self) -> None:
        self.kills: Counter[str] = Counter()
        self._dice = Random(1)
        self._orders, self._done = Semaphore(0), Semaphore(0)
        self._victim = 0
        self._before: Behaviour | None = None
        points: dict[str, Behaviour] = {
            "with the request sent": send_only(b""),
            "amid the answer": send_only(HALF_AN_ANSWER),
            "with the answer sent": answer_with(),
            "a moment later": self._answer_and_wait,
        }
        self._points = cycle([*points.items(), ("at any moment", None)])

    def kill(self, victim: int) -> None:
        """Kill the worker at the next point, during the delivery that comes next."""
        self._victim = victim
        point, self._before = next(self._points)
        if self._before is None:
            time.sleep(self._dice.uniform(0.1, 0.3))
            kill(victim)
        else:
            self._orders.release()
            assert self._done.acquire(timeout=PATIENCE)
        self.kills[point] += 1

    def __call__(self, connection: socket.socket) -> None:
        if self._before is None or not self._orders.acquire(blocking=False):
            answer_with()(connection)
            return
        self._before(connection)
        kill(self._victim)
        self._done.release()

    def _answer_and_wait(self, connection: socket.socket) -> None:
        answer_with()(connection)
        time.sleep(self._dice.uniform(0, 0.05))


def trade(shop: Tenant, orders: int) -> None:
    """Orders that are placed, approved and cancelled."""
    placed = [OrderFactory.create(tenant=shop) for _ in range(orders)]
    with tenant_scope(shop.id):
        for order in placed:
            approve_order(order_id=order.id, actor=SYSTEM)
            cancel_order(order_id=order.id, actor=SYSTEM)


def kill_workers_one_delivery_at_a_time(nest: Nursery, executioner: Executioner, shop: Tenant, kills: int) -> None:
    """Each dies of one order's next delivery, and the next one finishes before it does."""
    victim = nest.fork("worker")
    for _ in range(kills):
        trade(shop, 1)
        executioner.kill(victim)
        victim = nest.fork("worker")
        wait_for_the_rest(shop)


def kill_workers_with_many_on_their_way(nest: Nursery, executioner: Executioner, shop: Tenant, kills: int) -> None:
    """Each dies amid twenty orders' deliveries, and those of the ones before."""
    for _ in range(kills):
        trade(shop, 20)
        executioner.kill(nest.fork("worker"))
    nest.fork("worker")


@pytest.mark.parametrize(
    ("kills", "kill_workers", "most_repeats"),
    [(200, kill_workers_one_delivery_at_a_time, 200), (50, kill_workers_with_many_on_their_way, 50 * MAX_PER_ENDPOINT)],
)
def test_workers_that_are_killed_lose_nothing(
    settings: Settings,
    report: Callable[[str], None],
    kills: int,
    kill_workers: Callable[[Nursery, Executioner, Tenant, int], None],
    most_repeats: int,
) -> None:
    executioner = Executioner()
    with listening_sink(executioner) as sink, nursery(sink, lease=timedelta(seconds=2)) as nest:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
        shop = open_shop(sink)
        kill_workers(nest, executioner, shop, kills)
        found = findings(shop, sink)
    report(f"{kill_workers.__name__}: {kills} {dict(executioner.kills)}: {found}")
    assert (found.lost, found.phantoms, found.out_of_order) == (0, 0, 0)
    assert found.told >= kills * 3
    assert found.repeats <= most_repeats


def test_web_processes_that_are_killed_lose_nothing(settings: Settings, report: Callable[[str], None]) -> None:
    kills, dice = 200, Random(1)
    with listening_sink() as sink, nursery(sink) as nest:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
        shop = open_shop(sink)
        pets = [PetFactory.create(tenant=shop).id for _ in range(800)]
        nest.fork("worker")
        with shopping(Shoppers, f"http://127.0.0.1:{nest.port}", shop, pets) as shoppers:
            for _ in range(kills):
                victim, before = nest.fork("web"), len(shoppers.acknowledged)
                wait_until(lambda: len(shoppers.acknowledged) > before)  # noqa: B023  # it is called in this round
                time.sleep(dice.uniform(0, 0.2))
                kill(victim)
            shoppers.go_home(lambda: nest.fork("web"))
        found = findings(shop, sink)
    with tenant_scope(shop.id):
        orders = set(Order.objects.values_list("pk", flat=True))
    unanswered = len(orders) - len(shoppers.acknowledged)
    report(f"{kills} kills of the web process, {len(orders)} orders, {unanswered} without an answer: {found}")
    assert (found.lost, found.phantoms, found.repeats, found.out_of_order) == (0, 0, 0, 0)
    assert shoppers.acknowledged <= orders
    assert len(orders) > kills


def test_a_database_that_is_stopped_loses_nothing(
    settings: Settings, own_cluster: Cluster, tmp_path: Path, report: Callable[[str], None]
) -> None:
    outcome = stopped_under_payers(own_cluster, settings, tmp_path, stops=20)
    report(str(outcome))
    outcome.check()
    assert outcome.orders > 20

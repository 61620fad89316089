"""ANONYMOUS_ORDER_LIMIT at length: `pytest tests/stress/strangers.py`, with `--db sqlite` for the other database.

Strangers of a few networks place, cancel and get approved in two stores at once. The negative control lets whoever
moves an order lock the tally before the count, while whoever places one does the opposite: they wait in a circle.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial
from random import Random

import pytest
from django.db import connection
from pytest_django import Settings

from kernel.actor import SYSTEM, Actor
from orders.errors import AnonymousOrderLimit
from orders.models import AnonymousReservation, AnonymousReservationCount, Order
from orders.services.placement import place_order
from orders.services.transitions import transition_order
from orders.states import Command, Status
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.concurrency import Outcome, run_together
from tests.factories import PetFactory, TenantFactory

pytestmark = pytest.mark.django_db(transaction=True)
LIMIT, ROUNDS = 2, 60
NETWORKS = ("192.0.2.1", "192.0.2.2", "2001:db8:1:2::7")
TRIGGER = "orders_order_leaves_placed"


@pytest.fixture
def shops(settings: Settings) -> list[Tenant]:
    settings.ANONYMOUS_ORDER_LIMIT = LIMIT
    return [TenantFactory.create(access=Tenant.Access.OPEN) for _ in range(2)]


@pytest.fixture
def in_the_wrong_order(transactional_db: None) -> Iterator[None]:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    late = "zz_leaves_placed"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TRIGGER {TRIGGER} ON orders_order RENAME TO {late}")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TRIGGER {late} ON orders_order RENAME TO {TRIGGER}")


def _stranger(shop: Tenant, seed: int) -> Counter[str]:
    """Somebody with a pet of their own in sight, who goes from network to network."""
    dice, done = Random(seed), Counter[str]()
    pet = PetFactory.create(tenant=shop)
    with tenant_scope(shop.id):
        for _ in range(ROUNDS):
            try:
                order = place_order(pet_id=pet.id, actor=Actor(ip_address=dice.choice(NETWORKS)))
            except AnonymousOrderLimit:
                done["refused"] += 1
                continue
            done["placed"] += 1
            _leave(order, dice)
        return done


def _leave(order: Order, dice: Random) -> None:
    """Cancelled, some of them approved before: by then they hold no place any more."""
    if dice.random() < 1 / 2:
        transition_order(order_id=order.id, command=Command.APPROVE, actor=SYSTEM)
    assert _most() <= LIMIT
    transition_order(order_id=order.id, command=Command.CANCEL, actor=SYSTEM)


def _most() -> int:
    return max(AnonymousReservationCount.objects.values_list("orders", flat=True), default=0)


def _crowd(shops: list[Tenant]) -> Outcome[Counter[str]]:
    strangers = 20 if connection.vendor == "postgresql" else 8
    return run_together([partial(_stranger, shops[seed % 2], seed) for seed in range(strangers)])


def test_the_count_is_exact_and_nobody_waits_in_a_circle(shops: list[Tenant], report: Callable[[str], None]) -> None:
    outcome = _crowd(shops)
    done = sum(outcome.results, Counter[str]())
    report(f"{len(outcome.results)} strangers: {dict(done)}, {len(outcome.errors)} errors")
    assert outcome.errors == []
    assert min(done["placed"], done["refused"]) > 0
    with all_tenants(reason="all orders have left"):
        assert not Order.objects.filter(status=Status.PLACED).exists()
        assert not AnonymousReservation.objects.exists()
    assert not AnonymousReservationCount.objects.exists()


@pytest.mark.usefixtures("in_the_wrong_order")
def test_in_the_wrong_order_some_wait_in_a_circle(shops: list[Tenant], report: Callable[[str], None]) -> None:
    outcome = _crowd(shops)
    report(f"negative control: {Counter(str(error).splitlines()[0] for error in outcome.errors)}")
    assert any("deadlock" in str(error) for error in outcome.errors)

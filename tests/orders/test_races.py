"""Guarantees G1, G3 and G4 under simultaneous calls, each with its negative control."""

from collections import Counter
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from kernel.actor import ANONYMOUS, SYSTEM
from kernel.errors import Conflict, StaleVersion
from orders import integrity
from orders.models import Order, OrderTransition
from orders.services.placement import place_order
from orders.services.transitions import transition_order
from orders.states import Command, Status
from pets.errors import PetNotAvailable
from pets.models import Pet
from pets.services.availability import change_pet_status
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.concurrency import PATIENCE, run_together, wait_until_somebody_waits_for_a_lock
from tests.factories import OrderFactory, PetFactory, TenantFactory
from tests.orders.moving import order_in
from tests.stress.storm import buyer, careless_buyer, crowd, make_ready, open_orders, storm
from tests.stress.walk import complaints, walk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def shop(db: None) -> Tenant:
    return TenantFactory.create(access=Tenant.Access.OPEN)


def test_of_many_buyers_one_gets_the_pet(shop: Tenant) -> None:
    pet = PetFactory.create(tenant=shop)

    def buy_pet() -> Order:
        with tenant_scope(shop.id):
            return place_order(pet_id=pet.id, actor=ANONYMOUS)

    outcome = run_together([buy_pet] * crowd())
    assert len(outcome.results) == 1
    assert [type(error) for error in outcome.errors] == [PetNotAvailable] * (crowd() - 1)
    assert complaints(shop) == []


def test_of_many_buyers_over_http_one_gets_201_and_the_others_409(shop: Tenant) -> None:
    pet = PetFactory.create(tenant=shop)
    statuses = Counter(storm(crowd(), [pet.id], buyer(shop)))
    assert statuses == {201: 1, 409: crowd() - 1}
    assert open_orders(shop) == 1
    assert complaints(shop) == []


@pytest.mark.usefixtures("without_the_unique_index")
def test_buyers_who_look_before_they_write_sell_a_pet_more_than_once(shop: Tenant) -> None:
    pet = PetFactory.create(tenant=shop)
    everybody_has_looked = Barrier(8)
    sold = storm(8, [pet.id], careless_buyer(shop, lambda: everybody_has_looked.wait(PATIENCE)))
    assert open_orders(shop) == sum(sold) == 8
    assert any("more than once" in complaint for complaint in complaints(shop))


def test_the_index_alone_stops_a_buyer_who_looks_before_they_write(shop: Tenant) -> None:
    pet = PetFactory.create(tenant=shop)
    everybody_has_looked = Barrier(8)
    buy = careless_buyer(shop, lambda: everybody_has_looked.wait(PATIENCE))
    outcome = run_together([lambda: buy(pet.id)] * 8)
    assert (len(outcome.results), open_orders(shop)) == (1, 1)


@pytest.mark.parametrize("command", [Command.APPROVE, Command.CANCEL])
def test_of_many_who_move_an_order_one_does(shop: Tenant, command: Command) -> None:
    order = OrderFactory.create(tenant=shop)

    def move() -> Order:
        with tenant_scope(shop.id):
            return transition_order(order_id=order.id, command=command, actor=SYSTEM)

    outcome = run_together([move] * 10)
    assert len(outcome.results) == 1
    assert all(isinstance(error, Conflict) for error in outcome.errors)
    assert _read_history(order) == [("", "PLACED"), ("PLACED", outcome.results[0].status)]
    assert complaints(shop) == []


def test_movers_who_look_before_they_write_take_one_step_twice(shop: Tenant) -> None:
    order = OrderFactory.create(tenant=shop)
    everybody_has_looked = Barrier(4)

    def move() -> None:
        with tenant_scope(shop.id):
            row = Order.objects.get(pk=order.pk)
            everybody_has_looked.wait(PATIENCE)
            Order.objects.filter(pk=row.pk).update(status=Status.APPROVED, version=row.version + 1)
            OrderTransition(order=row, from_status=row.status, to_status=Status.APPROVED, by="x").save()

    assert run_together([move] * 4).errors == []
    assert _read_history(order) == [("", "PLACED"), *[("PLACED", "APPROVED")] * 4]
    assert any("gap" in complaint for complaint in complaints(shop))


def test_of_many_who_have_read_the_same_version_one_writes(shop: Tenant) -> None:
    order = OrderFactory.create(tenant=shop)

    def move() -> Order:
        with tenant_scope(shop.id):
            return transition_order(order_id=order.id, command=Command.CANCEL, actor=SYSTEM, expected_version=1)

    outcome = run_together([move] * 10)
    assert len(outcome.results) == 1
    assert {type(error) for error in outcome.errors} == {StaleVersion}
    assert complaints(shop) == []


def test_of_many_who_delete_what_they_have_read_one_gets_204_and_the_others_412(shop: Tenant) -> None:
    order = OrderFactory.create(tenant=shop)
    make_ready()

    def delete() -> int:
        return int(Client().at(shop).delete(f"/v1/orders/{order.id}", HTTP_IF_MATCH='"v1"').status_code)

    outcome = run_together([delete] * 10)
    assert Counter(outcome.results) == {204: 1, 412: 9}
    assert _read_history(order) == [("", "PLACED"), ("PLACED", "CANCELLED")]


def test_a_pet_that_is_being_sold_again_is_not_freed_by_its_old_order(shop: Tenant) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    old = order_in(Status.DELIVERED, tenant=shop)
    _offer_again(shop, old.pet)
    is_sold = Event()

    def sell() -> None:
        with tenant_scope(shop.id), transaction.atomic():
            place_order(pet_id=old.pet_id, actor=SYSTEM)
            is_sold.set()
            wait_until_somebody_waits_for_a_lock()

    def give_up_the_old_order() -> None:
        is_sold.wait(PATIENCE)
        with tenant_scope(shop.id):
            transition_order(order_id=old.id, command=Command.FORCE_CANCEL, actor=SYSTEM)

    assert run_together([sell, give_up_the_old_order]).errors == []
    assert complaints(shop) == []


def test_a_random_walk_leaves_nothing_to_complain_of(shop: Tenant) -> None:
    tally = walk(shop, transitions=2_000, clients=20, orders=50)
    assert complaints(shop) == []
    assert [check.claim for check in integrity.run_order_checks() if check.broken] == []
    assert set(tally.done) >= {"place", *Command}
    assert sum(tally.refused.values()) > 100
    assert _count_steps(shop) == sum(tally.done.values())


def _read_history(order: Order) -> list[tuple[str, str]]:
    with tenant_scope(order.tenant_id):
        steps = OrderTransition.objects.filter(order=order).order_by("pk")
        return list(steps.values_list("from_status", "to_status"))


def _count_steps(shop: Tenant) -> int:
    with tenant_scope(shop.id):
        return OrderTransition.objects.count()


def _offer_again(shop: Tenant, pet: Pet) -> None:
    with tenant_scope(shop.id):
        change_pet_status(pet_id=pet.id, status="AVAILABLE", reason="Brought back.", actor=SYSTEM)

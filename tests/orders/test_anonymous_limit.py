"""The limit of unpaid orders of one network without a token (ANONYMOUS_ORDER_LIMIT)."""

from collections.abc import Iterator
from uuid import UUID

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from kernel.actor import SYSTEM, Actor
from orders.errors import AnonymousOrderLimit
from orders.models import AnonymousReservation, AnonymousReservationCount, Order
from orders.services.placement import place_order
from orders.services.transitions import transition_order
from orders.states import Command
from pets.errors import PetNotAvailable
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests import pristine
from tests.client import Client
from tests.concurrency import run_together
from tests.factories import PetFactory, TenantFactory, acting
from tests.snapshots import snapshot
from tests.transactions import logged_in_as_owner

LIMIT = 3
HERE, THERE = "192.0.2.7", "198.51.100.7"


@pytest.fixture(autouse=True)
def limited(settings: Settings) -> None:
    settings.ANONYMOUS_ORDER_LIMIT = LIMIT


@pytest.fixture
def shop(db: None) -> Tenant:
    return TenantFactory.create(access=Tenant.Access.OPEN)


def _place_order(shop: Tenant, address: str | None = HERE, *, pet: Pet | None = None) -> Order:
    chosen = pet or PetFactory.create(tenant=shop)
    with tenant_scope(shop.id):
        return place_order(pet_id=chosen.id, actor=Actor(ip_address=address))


def _fill_network(shop: Tenant, address: str | None = HERE) -> list[Order]:
    return [_place_order(shop, address) for _ in range(LIMIT)]


def _count_by_origin() -> list[int]:
    """Return the count of each origin, which the rows must bear out."""
    with all_tenants(reason="the count is over all of them"):
        origins = list(AnonymousReservation.objects.values_list("origin", flat=True))
    counted = dict(AnonymousReservationCount.objects.values_list("origin", "orders"))
    assert counted == {origin: origins.count(origin) for origin in origins}
    return sorted(counted.values())


def _move_order(order: Order, command: Command) -> None:
    with tenant_scope(order.tenant_id):
        transition_order(order_id=order.id, command=command, actor=SYSTEM)


def test_one_order_more_is_refused_and_its_pet_stays_available(shop: Tenant) -> None:
    _fill_network(shop)
    pet = PetFactory.create(tenant=shop)
    before = snapshot()
    with pytest.raises(AnonymousOrderLimit) as refusal:
        _place_order(shop, pet=pet)
    assert refusal.value.code == "anonymous_order_limit"
    assert snapshot() == before
    assert _count_by_origin() == [LIMIT]


@pytest.mark.parametrize("command", [Command.CANCEL, Command.APPROVE])
def test_an_order_that_is_unpaid_no_more_frees_its_place_and_forgets_where_it_came_from(
    shop: Tenant, command: Command
) -> None:
    order, *_ = _fill_network(shop)
    _move_order(order, command)
    assert _count_by_origin() == [LIMIT - 1]
    _place_order(shop)
    with pytest.raises(AnonymousOrderLimit):
        _place_order(shop)


def test_the_last_order_to_leave_takes_all_that_is_known_of_its_origin_along(shop: Tenant) -> None:
    for order in _fill_network(shop):
        _move_order(order, Command.CANCEL)
    assert (_count_by_origin(), AnonymousReservationCount.objects.count()) == ([], 0)


def test_the_stores_of_all_tenants_count_together(shop: Tenant) -> None:
    _fill_network(shop)
    with pytest.raises(AnonymousOrderLimit):
        _place_order(TenantFactory.create(access=Tenant.Access.OPEN))


def test_an_ipv6_network_counts_as_one_caller_and_its_neighbours_are_others(shop: Tenant) -> None:
    for number in range(LIMIT):
        _place_order(shop, f"2001:db8:1:2::{number}")
    with pytest.raises(AnonymousOrderLimit):
        _place_order(shop, "2001:db8:1:2:ffff::1")
    _place_order(shop, "2001:db8:1:3::1")
    _place_order(shop, THERE)
    assert _count_by_origin() == [1, 1, LIMIT]


def test_callers_whose_address_nobody_knows_count_together(shop: Tenant) -> None:
    _fill_network(shop, None)
    with pytest.raises(AnonymousOrderLimit):
        _place_order(shop, None)


def test_the_address_itself_is_not_kept_with_what_is_counted(shop: Tenant) -> None:
    _place_order(shop)
    (origin,) = AnonymousReservationCount.objects.values_list("origin", flat=True)
    assert HERE not in origin
    assert len(origin) == 64


def test_whoever_has_a_token_is_not_counted_and_pays_no_query(shop: Tenant, in_acme: Tenant, alice: User) -> None:
    pets = [PetFactory.create(tenant=in_acme) for _ in range(LIMIT + 1)]
    actor = Actor(user_id=alice.id, role=acting(alice).role, ip_address=HERE)
    for pet in pets:
        place_order(pet_id=pet.id, actor=actor)
    assert _count_by_origin() == []


def test_the_count_costs_no_statement_on_postgresql_and_one_on_sqlite(shop: Tenant, settings: Settings) -> None:
    pets = [PetFactory.create(tenant=shop) for _ in range(3)]
    _place_order(shop, pet=pets.pop())
    settings.ANONYMOUS_ORDER_LIMIT = None
    without = _count_queries(shop, pets.pop())
    settings.ANONYMOUS_ORDER_LIMIT = LIMIT
    assert _count_queries(shop, pets.pop()) - without == (0 if connection.vendor == "postgresql" else 1)


def _count_queries(shop: Tenant, pet: Pet) -> int:
    with CaptureQueriesContext(connection) as queries:
        _place_order(shop, pet=pet)
    return len(queries)


def test_a_limit_that_is_off_counts_nobody(shop: Tenant, settings: Settings) -> None:
    settings.ANONYMOUS_ORDER_LIMIT = None
    for _ in range(LIMIT + 1):
        _place_order(shop)
    assert _count_by_origin() == []


def test_a_limit_that_was_lowered_holds_for_what_comes_next(shop: Tenant, settings: Settings) -> None:
    order, *_ = _fill_network(shop)
    settings.ANONYMOUS_ORDER_LIMIT = LIMIT - 1
    _move_order(order, Command.CANCEL)
    with pytest.raises(AnonymousOrderLimit):
        _place_order(shop)
    assert _count_by_origin() == [LIMIT - 1]


def test_a_pet_that_is_gone_is_said_to_be_gone_at_the_limit_too(shop: Tenant) -> None:
    pet = PetFactory.create(tenant=shop)
    _place_order(shop, pet=pet)
    for _ in range(LIMIT - 1):
        _place_order(shop)
    with pytest.raises(PetNotAvailable):
        _place_order(shop, pet=pet)


def test_over_rest_the_refusal_is_a_429_that_says_what_to_do(api: Client, shop: Tenant) -> None:
    caller = api.at(shop)
    pets = [PetFactory.create(tenant=shop) for _ in range(LIMIT + 1)]
    for pet in pets[:-1]:
        assert caller.post("/v1/orders", {"petId": str(pet.id)}).status_code == 201
    answer = caller.post("/v1/orders", {"petId": str(pets[-1].id)}, HTTP_IDEMPOTENCY_KEY="again")
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (429, "rate-limit-exceeded")
    assert "pay or cancel one" in answer.json()["detail"]
    assert answer["Retry-After"] == "60"
    assert caller.get(f"/v1/pets/{pets[-1].id}").json()["status"] == "AVAILABLE"
    first = caller.get(f"/v1/pets/{pets[0].id}").json()["id"]
    _cancel_order_of(shop, UUID(first))
    again = caller.post("/v1/orders", {"petId": str(pets[-1].id)}, HTTP_IDEMPOTENCY_KEY="again")
    assert again.status_code == 201


def _cancel_order_of(shop: Tenant, pet_id: UUID) -> None:
    with tenant_scope(shop.id):
        order = Order.objects.get(pet_id=pet_id)
    _move_order(order, Command.CANCEL)


@pytest.mark.django_db(transaction=True)
def test_of_many_orders_at_once_no_more_than_the_limit_are_placed(shop: Tenant) -> None:
    assert _place_together(shop, 16) == LIMIT
    assert _count_by_origin() == [LIMIT]


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("without_the_refusal")
def test_without_the_trigger_as_many_are_placed_as_are_tried(shop: Tenant) -> None:
    assert _place_together(shop, 8) == 8


@pytest.mark.django_db(transaction=True)
def test_placing_and_cancelling_at_once_neither_waits_in_a_circle_nor_loses_count(shop: Tenant) -> None:
    pets = [PetFactory.create(tenant=shop) for _ in range(8)]

    def come_and_go(pet: Pet) -> int:
        placed = 0
        for _ in range(6):
            try:
                order = _place_order(shop, pet=pet)
            except AnonymousOrderLimit:
                continue
            placed += 1
            _move_order(order, Command.CANCEL)
        return placed

    outcome = run_together([lambda pet=pet: come_and_go(pet) for pet in pets])  # type: ignore[misc]  # mypy cannot infer it
    assert outcome.errors == []
    assert sum(outcome.results) > 0
    assert (_count_by_origin(), AnonymousReservationCount.objects.count()) == ([], 0)


@pytest.mark.as_owner
def test_who_places_and_who_moves_an_order_lock_the_counts_in_one_order(shop: Tenant) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    order, *_ = _fill_network(shop)
    locked: list[str] = []
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql"
            " AS $$ BEGIN RAISE NOTICE '%', TG_TABLE_NAME; RETURN NULL; END $$"
        )
        for table in ("orders_dailyordertotals", "orders_anonymousreservationcount"):
            cursor.execute(
                f"CREATE TRIGGER note AFTER INSERT OR UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION note()"
            )
    connection.connection.add_notice_handler(lambda notice: locked.append(notice.message_primary))
    _move_order(order, Command.CANCEL)
    _place_order(shop)
    assert [name.removeprefix("orders_") for name in locked] == [
        *("anonymousreservationcount", "dailyordertotals", "dailyordertotals"),
        *("anonymousreservationcount", "dailyordertotals"),
    ]


def _place_together(shop: Tenant, callers: int) -> int:
    pets = [PetFactory.create(tenant=shop) for _ in range(callers)]
    outcome = run_together([lambda pet=pet: _place_order(shop, pet=pet) for pet in pets])  # type: ignore[misc]  # mypy cannot infer it
    assert {type(error) for error in outcome.errors} <= {AnonymousOrderLimit}
    with tenant_scope(shop.id):
        pending = Pet.objects.filter(status=Pet.Status.PENDING).count()
        assert pending == Order.objects.count() == len(outcome.results)
    return len(outcome.results)


@pytest.fixture
def without_the_refusal(transactional_db: None) -> Iterator[None]:
    """A database that counts nothing in one test."""
    is_postgres = connection.vendor == "postgresql"
    name = "orders_anonymousreservation_added"
    with logged_in_as_owner(), connection.cursor() as cursor:
        cursor.execute(f"DROP TRIGGER {name}" + (" ON orders_anonymousreservation" if is_postgres else ""))
    yield
    pristine.restore()  # SQLite's copy has the trigger
    if is_postgres:
        with logged_in_as_owner(), connection.cursor() as cursor:
            cursor.execute(
                f"CREATE TRIGGER {name} AFTER INSERT ON orders_anonymousreservation"
                f" FOR EACH ROW EXECUTE FUNCTION {name}()"
            )

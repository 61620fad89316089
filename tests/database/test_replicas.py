"""Lists from a replica (decision 59), with a real standby: no caller misses what they wrote, or notices a failure."""

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
import psycopg
import pytest
from django.db import connection, connections, models, transaction

from database import read_replica
from database.postgresql.replicas import ReplicaRead, ReplicaWatch, open_read, watch
from database.write_positions import RedisPositions, SharedPositions
from orders.models import Order
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.backoffice.screens import Screen, screen_of
from tests.client import Client
from tests.databases import ROLE
from tests.factories import CustomerFactory, PetFactory, StaffFactory, TenantFactory
from tests.server.server import wait_until
from tests.stress.clusters import binaries, database_at
from tests.stress.pairs import Pair, pair
from tests.tools import skip_for_missing

needs_standby = [pytest.mark.own_store, pytest.mark.django_db(transaction=True)]


@pytest.fixture(scope="module")
def servers(django_db_setup: None) -> Iterator[Pair]:
    """A primary and its standby."""
    programs = binaries()
    if programs is None or connection.vendor != "postgresql":
        skip_for_missing("PostgreSQL's server programs", cure="apt-get install postgresql")
    with pair(programs, is_synchronous=False) as own:
        yield own


@pytest.fixture
def store(servers: Pair) -> Iterator[Pair]:
    """The store with `servers`, as the application's roles, with lists from the standby."""
    with database_at("127.0.0.1", str(servers.primary.port)):
        connection.settings_dict["USER"] = ROLE
        replica = {"host": "127.0.0.1", "port": str(servers.standby.port), "target_session_attrs": "standby"}
        connection.settings_dict["REPLICA"] = replica
        watch.left_until = 0.0
        try:
            yield servers
        finally:
            connection.settings_dict["REPLICA"] = {}


@pytest.fixture
def shop(store: Pair) -> Tenant:
    return TenantFactory.create(access=Tenant.Access.OPEN)


@contextmanager
def paused_replay(servers: Pair) -> Iterator[None]:
    """The standby gets what is written, and shows nothing of it."""
    with psycopg.connect(servers.standby.url, autocommit=True) as made:
        made.execute("SELECT pg_wal_replay_pause()")
        wait_until(lambda: made.execute("SELECT pg_get_wal_replay_pause_state()").fetchone() == ("paused",))
        try:
            yield
        finally:
            made.execute("SELECT pg_wal_replay_resume()")


@contextmanager
def frozen(servers: Pair) -> Iterator[None]:
    """No process of the standby runs on."""
    with psycopg.connect(servers.standby.url) as made:
        data = made.execute("SHOW data_directory").fetchone()
    lines = Path(data[0], "postmaster.pid").read_text().splitlines()  # type: ignore[index]  # one row
    parent = psutil.Process(int(lines[0]))
    processes = [parent, *parent.children(recursive=True)]
    _signal_all(processes, signal.SIGSTOP)
    try:
        yield
    finally:
        _signal_all(processes, signal.SIGCONT)


def _signal_all(processes: list[psutil.Process], number: signal.Signals) -> None:
    for process in processes:
        with suppress(psutil.NoSuchProcess):
            process.send_signal(number)


def order_ids(caller: Client) -> set[str]:
    answer = caller.get("/v1/orders")
    assert answer.status_code == 200, answer.content
    return {row["id"] for row in answer.json()["data"]}


def place(caller: Client, shop: Tenant) -> str:
    answer = caller.post("/v1/orders", {"petId": str(PetFactory.create(tenant=shop).id)})
    assert answer.status_code == 201, answer.content
    return str(answer.json()["id"])


def is_on_replica() -> bool:
    """Whether the last statement of this thread ran at the replica."""
    return bool(vars(connections["default"])["is_on_replica"])


def reads_come_from_replica(caller: Client) -> bool:
    """Whether the caller's list was read there."""
    assert caller.get("/v1/orders").status_code == 200
    return is_on_replica()


class TestWithStandby:
    pytestmark = needs_standby

    def test_callers_see_what_they_wrote_however_far_the_replica_is_behind(self, store: Pair, shop: Tenant) -> None:
        buyer, staff = CustomerFactory.create(tenant=shop), StaffFactory.create(tenant=shop)
        hers, his = Client().at(shop).as_(buyer), Client().at(shop).as_(staff)
        wait_until(lambda: reads_come_from_replica(hers) and reads_come_from_replica(his))
        with paused_replay(store):
            placed = place(hers, shop)
            assert placed in order_ids(hers)
            assert not is_on_replica()
            assert placed not in order_ids(his)  # the replica is asked, and is behind
            assert is_on_replica()
            token = open_read.set(ReplicaRead(lambda: 0))  # the control: no position is wanted
            try:
                with tenant_scope(shop.id):
                    assert not Order.objects.filter(pk=placed).exists()
            finally:
                open_read.reset(token)
        wait_until(lambda: placed in order_ids(his) and reads_come_from_replica(hers))

    def test_a_row_by_its_id_a_transaction_and_a_write_are_at_the_primary(self, store: Pair, shop: Tenant) -> None:
        buyer = CustomerFactory.create(tenant=shop)
        caller = Client().at(shop).as_(buyer)
        placed = place(caller, shop)
        wait_until(lambda: reads_come_from_replica(caller))
        assert caller.get(f"/v1/orders/{placed}").status_code == 200
        assert not is_on_replica()
        with read_replica(()), tenant_scope(shop.id):
            assert Order.objects.filter(pk=placed).exists()
            assert is_on_replica()
            with transaction.atomic():
                assert Order.objects.filter(pk=placed).exists()
                assert not is_on_replica()
            Tenant.objects.filter(pk=shop.id).update(name="Renamed")  # refused there, done at the primary
            assert Tenant.objects.get(pk=shop.id).name == "Renamed"

    def test_row_level_security_holds_at_the_replica(self, store: Pair, shop: Tenant) -> None:
        other = TenantFactory.create(access=Tenant.Access.OPEN)
        place(Client().at(shop), shop)
        unfiltered: Any = models.QuerySet(Order).values_list("tenant_id", flat=True)

        def tenants_seen() -> set[Any] | None:
            with read_replica(()):
                seen = set(unfiltered.all())
            return seen if is_on_replica() else None

        with tenant_scope(shop.id):
            wait_until(lambda: tenants_seen() == {shop.id})
        with tenant_scope(other.id):
            assert tenants_seen() == set()
        with all_tenants(reason="test"):
            assert shop.id in (tenants_seen() or ())

    def test_staff_see_lists_and_dashboard_of_the_replica_and_what_they_wrote_themselves(
        self, store: Pair, shop: Tenant
    ) -> None:
        staff = StaffFactory.create(tenant=shop)
        browser = screen_of(staff)
        address = "/admin/orders/order/"
        wait_until(lambda: self._is_served_by_replica(browser, address))
        wait_until(lambda: self._is_served_by_replica(browser, "/admin/"))
        placed = place(Client().at(shop).as_(staff), shop)
        assert placed in browser.get(address).content.decode()
        assert not self._is_served_by_replica(browser, f"{address}{placed}/change/")
        assert {one["name"] for one in browser.get("/readyz").json()["checks"]} >= {"database", "replica"}
        assert "petstore_replica_in_use" in browser.get("/metrics").content.decode()

    def _is_served_by_replica(self, browser: Screen, page: str) -> bool:
        before = watch.blocks["replica"]
        assert browser.get(page).status_code == 200
        return watch.blocks["replica"] > before

    def test_a_frozen_replica_costs_one_caller_seconds_and_no_caller_an_answer(self, store: Pair, shop: Tenant) -> None:
        caller = Client().at(shop).as_(CustomerFactory.create(tenant=shop))
        wait_until(lambda: reads_come_from_replica(caller))
        with frozen(store):
            began = time.monotonic()
            order_ids(caller)
            first, began = time.monotonic() - began, time.monotonic()
            order_ids(caller)
            assert first < 8
            assert time.monotonic() - began < 1.5
        watch.left_until = 0.0
        wait_until(lambda: reads_come_from_replica(caller))

    def test_a_replica_that_is_killed_or_promoted_is_left(self, store: Pair, shop: Tenant) -> None:
        caller = Client().at(shop).as_(CustomerFactory.create(tenant=shop))
        wait_until(lambda: reads_come_from_replica(caller))
        store.standby.stop_at_once()
        order_ids(caller)
        assert not is_on_replica()
        store.standby.start()
        watch.left_until = 0.0
        wait_until(lambda: reads_come_from_replica(caller))
        store.standby.promote()
        assert not reads_come_from_replica(caller)
        assert place(caller, shop) in order_ids(caller)


def test_lag_is_measured_against_what_the_primary_has_written() -> None:
    seen = ReplicaWatch()
    assert not seen.admit_replica(100, wanted=0)  # nothing is known of the primary
    seen.add_sample(100)
    assert not seen.admit_replica(99, wanted=0)
    assert seen.admit_replica(100, wanted=100)
    assert not seen.admit_replica(100, wanted=101)
    assert not seen.admit_replica(None, wanted=0)  # it is no replica any more
    assert seen.is_left


def test_the_processes_of_a_host_know_what_a_caller_has_written() -> None:
    positions = SharedPositions(blind_seconds=0)
    assert positions.find_position(["user a"]) == 0
    child = os.fork()
    if child == 0:
        positions.keep_position(["user a", "address b"], 7)
        os._exit(0)
    os.waitpid(child, 0)
    positions.keep_position(["user a"], 3)
    assert positions.find_position(["address c", "user a"]) == positions.find_position(["address b"]) == 7
    assert SharedPositions().find_position(["user a"]) is None  # just started: it may have been written before


def test_redis_keeps_the_newest_position_and_says_when_it_is_away(redis_url: str) -> None:
    positions, away = RedisPositions(redis_url), RedisPositions("redis://127.0.0.1:1/0")
    caller: Any = f"user {time.time_ns()}"
    assert positions.find_position([caller]) == 0
    assert positions.keep_position([caller], 1 << 40)
    assert positions.keep_position([caller], 5)
    assert positions.find_position([caller, "address unknown"]) == 1 << 40
    assert not away.keep_position([caller], 7)
    assert away.find_position([caller]) is None

"""What waits too long for the database ends as a 503 and has changed nothing (G18); who is frozen stops nobody."""

import logging
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from threading import Event, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import InternalError, OperationalError, close_old_connections, connection, connections, transaction
from django.test import Client as Browser

from database import timeouts
from database.executor import current_connection, execute_statement
from orders.models import Order
from pets.models import Pet
from petstore.interfaces.http.problems import DATABASE_AWAY
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.client import Client
from tests.processes import running
from tests.rest.problems import assert_problem

pytestmark = pytest.mark.django_db(transaction=True)
PATIENCE = 60
on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one time-out, for all waits")


def _order(pet: Pet, key: str | None = None) -> Any:
    return Client().post("/v1/orders", {"petId": str(pet.id)}, headers={"Idempotency-Key": key} if key else None)


def _hold(pet_id: UUID, is_held: Event, may_go: Event) -> None:
    try:
        with transaction.atomic(), tenant_scope(SHARED_POOL_ID):
            list(Pet.objects.select_for_update().filter(pk=pet_id))
            is_held.set()
            may_go.wait(PATIENCE)
    finally:
        connections.close_all()


@pytest.fixture
def locked(stray: Pet) -> Iterator[Pet]:
    """The stray, whose row another transaction keeps."""
    is_held, may_go = Event(), Event()
    holder = Thread(target=_hold, args=(stray.id, is_held, may_go))
    holder.start()
    try:
        assert is_held.wait(PATIENCE)
        yield stray
    finally:
        may_go.set()
        holder.join()


@contextmanager
def _impatient(setting: str) -> Iterator[None]:
    """This thread's connection waits for a moment only."""
    with connection.cursor() as cursor:
        cursor.execute(setting)
    try:
        yield
    finally:
        connection.close()


WAITS = (
    ("SET lock_timeout = 300", "SET statement_timeout = 300")
    if connection.vendor == "postgresql"
    else ("PRAGMA busy_timeout = 300",)
)


@pytest.mark.parametrize("setting", WAITS)
@pytest.mark.parametrize("is_keyed", [False, True], ids=["order", "order with a key"])
def test_a_wait_that_is_too_long_is_a_503_and_has_changed_nothing(
    locked: Pet, setting: str, is_keyed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    key = str(uuid4()) if is_keyed else None
    with _impatient(setting), caplog.at_level(logging.ERROR, "petstore.interfaces.http.problems"):
        answer = _order(locked, key)
    assert_problem(answer, 503, "internal-server-error")
    assert answer["Retry-After"] == "1"
    assert [record.levelname for record in caplog.records if record.name == "petstore.interfaces.http.problems"] == [
        "ERROR"
    ]
    assert "The database refuses: " in caplog.text
    with tenant_scope(SHARED_POOL_ID):
        assert (Order.objects.count(), Pet.objects.get().status) == (0, Pet.Status.AVAILABLE)


def test_the_same_request_succeeds_once_nobody_holds_the_row(stray: Pet) -> None:
    is_held, may_go = Event(), Event()
    key = str(uuid4())
    holder = Thread(target=_hold, args=(stray.id, is_held, may_go))
    holder.start()
    assert is_held.wait(PATIENCE)
    with _impatient(WAITS[0]):
        assert _order(stray, key).status_code == 503
    may_go.set()
    holder.join()
    assert _order(stray, key).status_code == 201


@on_postgresql
def test_a_server_that_only_reads_is_a_503_and_is_left_at_once(stray: Pet, client: Browser) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    answer = _order(stray)
    assert_problem(answer, 503, "internal-server-error")
    assert answer["Retry-After"] == "1"
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["checks"][0]["ok"]) == (503, False)
    close_old_connections()  # as at the end of each request
    assert client.get("/readyz").status_code == 200
    assert _order(stray).status_code == 201


@on_postgresql
def test_as_django_reads_it_that_would_be_a_defect_of_ours(stray: Pet, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr("database.postgresql.base.AWAY", ())
    with connection.cursor() as cursor:
        cursor.execute("SET default_transaction_read_only = on")
    try:
        with pytest.raises(InternalError):
            _order(stray)
    finally:
        connection.close()


@on_postgresql
def test_a_connection_that_can_still_be_used_is_kept(stray: Pet) -> None:
    kept = connection.connection
    with pytest.raises(OperationalError), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 1; SELECT pg_sleep(1)")
    close_old_connections()
    assert connection.connection is kept


AWAY = {
    "25006": "a standby",
    "25P03": "our transaction was ended",
    "40001": "another transaction was faster",
    "40P01": "a deadlock",
    "53300": "too many connections",
    "55P03": "a lock",
    "57014": "a statement",
    "57P01": "stopped",
    "57P02": "crashed",
    "57P03": "starting up",
    "08006": "the connection",
}


@on_postgresql
@pytest.mark.parametrize("sqlstate", AWAY, ids=AWAY.values())
def test_what_is_no_defect_of_ours_is_read_as_away_by_cursors_and_by_the_wire(sqlstate: str) -> None:
    sql = f"DO $$ BEGIN RAISE EXCEPTION 'told' USING ERRCODE = '{sqlstate}'; END $$"
    with pytest.raises(DATABASE_AWAY, match="told"), connection.cursor() as cursor:
        cursor.execute(sql)
    with pytest.raises(DATABASE_AWAY, match="told"):
        execute_statement(current_connection(), sql, [])


def _lock_and_say_so(pet_id: UUID, idle: int) -> None:
    """In a process of its own, which is then frozen."""
    with timeouts.use_timeouts(replace(timeouts.WORKER, idle=idle)), transaction.atomic(), tenant_scope(SHARED_POOL_ID):
        list(Pet.objects.select_for_update().filter(pk=pet_id))
        sys.stdout.write("locked\n")
        sys.stdout.flush()
        time.sleep(PATIENCE)


@on_postgresql
@pytest.mark.parametrize(("idle", "freed"), [(1, True), (0, False)], ids=["a second", "for ever"])
def test_a_process_frozen_in_a_transaction_is_cut_off(pool: Tenant, stray: Pet, idle: int, freed: bool) -> None:
    """And where it is not (idle 0), everybody waits for as long as it is frozen: the control."""
    with running(_lock_and_say_so, stray.id, idle) as frozen:
        assert frozen.heard() == "locked"
        frozen.send_signal(signal.SIGSTOP)
        time.sleep(2.5)
        with _impatient(WAITS[0]):
            assert (_order(stray).status_code == 201) == freed


def test_nobody_is_frozen_for_longer_than_ten_seconds() -> None:
    """Those who serve and work; the test above has one second, so as not to wait."""
    assert {kind.idle for kind in (timeouts.WEB, timeouts.WORKER, timeouts.COMMAND)} == {10}

"""Where tasks run: threads of the worker, or procrastinate's workers (setting WORKER_ENGINE)."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import LiteralString
from uuid import uuid4

import psycopg
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import connection
from psycopg import sql

from pets.models import Pet
from petstore.server.listener import ROOT
from petstore.settings import worker
from tests import databases
from tests.factories import OrderFactory
from tests.server.server import wait_until
from tests.webhooks.delivering import deliveries_to, publish_all_events
from tests.webhooks.errands import ask_the_database, done, meet, opened, run_errand, stumble
from tests.webhooks.sink import Sink, answer_with, stay_silent
from webhooks.delivery.claims import claim_due_deliveries
from webhooks.delivery.in_flight import in_flight_deliveries
from webhooks.delivery.tasks import deliver_claimed
from webhooks.models import Endpoint

PATIENCE = 30
NAME = f"{databases.NAME}_engine"


def test_the_embedded_engine_runs_a_task_elsewhere() -> None:
    run_errand.enqueue("shopping")
    assert done.get(timeout=PATIENCE) == "shopping"


def test_its_tasks_run_at_the_same_time() -> None:
    for _ in range(3):
        meet.enqueue()
    assert [done.get(timeout=PATIENCE) for _ in range(3)] == ["met"] * 3


def test_a_task_that_fails_is_told_and_the_next_one_runs(caplog: pytest.LogCaptureFixture) -> None:
    stumble.enqueue()
    run_errand.enqueue("cleaning")
    assert done.get(timeout=PATIENCE) == "cleaning"
    wait_until(lambda: "Task stumble failed" in caplog.text)
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_task_leaves_no_connection_open() -> None:
    ask_the_database.enqueue()
    own = opened.get(timeout=PATIENCE)
    wait_until(lambda: own.connection is None)


@pytest.fixture
def unattended(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in a process that only runs tasks, without a dispatcher."""
    monkeypatch.setattr(in_flight_deliveries, "has_dispatcher", False)


@pytest.mark.usefixtures("unattended")
def test_a_task_in_another_process_sends_and_settles_by_itself(hook: Endpoint, sink: Sink, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    for claimed in claim_due_deliveries({hook.id: 2}):
        deliver_claimed.call(str(claimed.delivery_id), str(claimed.claim))
    assert {one.status for one in deliveries_to(hook)} == {"SUCCEEDED"}
    assert len(sink.received) == 2


@pytest.mark.usefixtures("unattended")
def test_a_task_whose_claim_is_over_sends_nothing(hook: Endpoint, sink: Sink, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    (claimed, _) = claim_due_deliveries({hook.id: 2})
    deliver_claimed.call(str(claimed.delivery_id), str(uuid4()))
    assert sink.received == []
    assert {one.status for one in deliveries_to(hook)} == {"PENDING"}


def test_another_engine_than_the_embedded_one_needs_postgresql(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "WORKER_ENGINE", "procrastinate")
    with pytest.raises(ImproperlyConfigured, match="WORKER_ENGINE must be embedded without PostgreSQL"):
        worker.choose_engine_apps({"ENGINE": "django.db.backends.sqlite3"})
    assert worker.choose_engine_apps({"ENGINE": "django.db.backends.postgresql"}) == ["procrastinate.contrib.django"]


@dataclass(frozen=True)
class Store:
    """A store with a database and an engine of its own, in other processes."""

    address: str
    environment: dict[str, str]

    @contextmanager
    def running(self, *words: str) -> "Iterator[subprocess.Popen[str]]":
        environment = os.environ | {"DATABASE_URL": self.address} | self.environment
        with subprocess.Popen([sys.executable, *words], cwd=ROOT, env=environment, text=True) as process:  # noqa: S603  # ours
            try:
                yield process
            finally:
                process.kill()

    def let_a_minute_pass(self) -> None:
        """As if a worker had last been heard of a minute ago, and its claims were over."""
        with psycopg.connect(self.address) as database:
            database.execute("UPDATE procrastinate_workers SET last_heartbeat = last_heartbeat - interval '1 minute'")
            database.execute("UPDATE webhooks_delivery SET due_at = due_at - interval '1 minute'")

    def count(self, query: LiteralString) -> int:
        with psycopg.connect(self.address) as database:
            (number,) = database.execute(query).fetchone() or (0,)
        return int(number)


@pytest.fixture
def store(sink: Sink, db: None) -> Iterator[Store]:
    """With procrastinate, on PostgreSQL."""
    server, _ = databases.postgres()
    if connection.vendor != "postgresql" or server is None:
        pytest.skip("procrastinate needs PostgreSQL")
    address = databases.owner_address(NAME)
    environment = {
        "DJANGO_SETTINGS_MODULE": "petstore.settings.test",
        "WORKER_ENGINE": "procrastinate",
        "OUTBOUND_ALLOW": f"{sink.endpoint[0]}:{sink.port}",
    }
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(NAME)))
        yield Store(address, environment)
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(NAME)))


@pytest.mark.own_store
def test_procrastinates_workers_deliver_what_one_that_was_killed_had_taken(store: Store, sink: Sink) -> None:
    program = f"from tests.webhooks.elsewhere import open_and_sell; open_and_sell({sink.url()!r})"
    with store.running("-c", f"import django; django.setup(); {program}") as shop:
        assert shop.wait(4 * PATIENCE) == 0
    sink.behaviour = stay_silent
    with store.running("manage.py", "run_worker") as killed:
        wait_until(lambda: len(sink.received) == 2)
        killed.kill()
        killed.wait()
    sink.behaviour = answer_with()
    assert store.count("SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'") == 2
    store.let_a_minute_pass()
    with store.running("manage.py", "run_worker") as worker:
        wait_until(lambda: store.count("SELECT count(*) FROM webhooks_delivery WHERE status = 'SUCCEEDED'") == 2)
        listens_again_after_an_outage()
        worker.terminate()
        assert worker.wait(PATIENCE) == 0
    assert store.count("SELECT count(*) FROM procrastinate_jobs") == 0


def listens_again_after_an_outage() -> None:
    """Else it would look for tasks every five seconds, from the outage to its end."""
    server, _ = databases.postgres()
    database = sql.Identifier(NAME)
    with psycopg.connect(str(server), autocommit=True) as admin:
        wait_until(lambda: _is_listened_to(admin))
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS false").format(database))
        admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [NAME])
        time.sleep(1)
        admin.execute(sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS true").format(database))
        assert not _is_listened_to(admin)
        wait_until(lambda: _is_listened_to(admin))


def _is_listened_to(admin: psycopg.Connection) -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND query LIKE 'LISTEN \"procrastinate%%'"
    return admin.execute(query, [NAME]).fetchone() == (1,)

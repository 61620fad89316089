"""Stores of before this release are refused at the start; `demo --fresh` makes a demo store anew, and no other."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psycopg
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError, SystemCheckError
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from psycopg import sql
from pytest_django import Settings

from accounts.services.registration import create_admin_account
from petstore.demo.seeds.accounts import ADMIN
from petstore.server.checks.store import OLD_STORE
from petstore.server.listener import ROOT
from tests import databases
from tests.commands.conftest import Run
from tests.server.server import wait_until
from tests.snapshots import snapshot

PATIENCE = 120
NAME = f"{databases.NAME}_fresh"
REFUSED = re.escape(OLD_STORE)


@pytest.fixture
def old_store(db: None) -> None:
    """The database has the rows of a migration that no longer exists."""
    MigrationRecorder.Migration.objects.create(app="traffic", name="0001_initial")


@pytest.mark.usefixtures("old_store")
@pytest.mark.parametrize("words", [("serve",), ("run_worker",), ("deliver_webhooks", "--once"), ("migrate",)])
def test_an_old_store_is_refused_and_unchanged(words: tuple[str, ...]) -> None:
    before = snapshot()
    with pytest.raises(SystemCheckError, match=REFUSED):
        call_command(*words, verbosity=0, skip_checks=False)
    assert snapshot() == before


@pytest.mark.usefixtures("old_store")
def test_demo_refuses_an_old_store_and_names_the_way_out(run: Run) -> None:
    before = snapshot()
    with pytest.raises(SystemCheckError, match=r"manage\.py demo --fresh"):
        run("demo", "--port", "0")
    assert snapshot() == before


def test_the_name_of_a_migration_that_still_exists_is_no_sign_of_an_old_store(db: None) -> None:
    call_command("migrate", verbosity=0, skip_checks=False, plan=True)


def test_a_store_that_has_other_people_is_not_deleted(db: None, run: Run) -> None:
    create_admin_account(username="root", password="a long enough word", email="root@shop.example")  # noqa: S106  # of nobody
    with pytest.raises(CommandError, match="not a demo store"):
        run("demo", "--port", "0", "--fresh", "--yes")


def test_production_deletes_no_store(db: None, run: Run, settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="production settings"):
        run("demo", "--port", "0", "--fresh", "--yes")


@dataclass(frozen=True, slots=True)
class Store:
    """A database of this test's own."""

    address: str

    def manage(self, *words: str, answer: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *words]
        return subprocess.run(  # noqa: S603  # ours
            command, cwd=ROOT, env=self.environment, input=answer, capture_output=True, text=True, check=False
        )

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.address,
            "DJANGO_SETTINGS_MODULE": "petstore.settings.test",
            "PETSTORE_ADMIN_PASSWORD": "a long enough word",
        }

    @contextmanager
    def serving_demo(self, *words: str) -> Iterator[httpx.Client]:
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        command = [sys.executable, "manage.py", "demo", "--port", str(port), "--orders", "12", *words]
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment)  # noqa: S603  # ours
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            try:
                wait_until(lambda: _is_ready(client))
                yield client
            finally:
                process.terminate()
                process.wait(PATIENCE)


def _is_ready(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def own_store(tmp_path: Path) -> Iterator[Store]:
    """A demo store whose migrations say that an earlier version made it."""
    if connection.vendor == "sqlite":
        yield _make_old_demo(Store(f"sqlite:///{tmp_path}/store.sqlite3"))
        return
    server, _ = databases.postgres()
    assert server is not None
    name = sql.Identifier(NAME)
    with psycopg.connect(server, autocommit=True) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield _make_old_demo(Store(databases.owner_address(NAME)))
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _make_old_demo(store: Store) -> Store:
    row = "MigrationRecorder.Migration(app='traffic', name='0001_initial').save()"
    program = f"from django.db.migrations.recorder import MigrationRecorder; {row}"
    for words in (("migrate", "-v0"), ("create_admin", ADMIN.username, ADMIN.email), ("shell", "-v0", "-c", program)):
        done = store.manage(*words)
        assert done.returncode == 0, done.stderr
    return store


def test_a_fresh_demo_takes_the_place_of_an_old_one(own_store: Store) -> None:
    refused = own_store.manage("demo", "--port", "0")
    assert refused.returncode == 1
    assert OLD_STORE in refused.stderr
    kept = own_store.manage("demo", "--port", "0", "--fresh", answer="no\n")
    assert (kept.returncode, "Nothing was deleted" in kept.stderr) == (1, True), kept.stderr
    with own_store.serving_demo("--fresh", "--yes") as client:
        assert client.get("/v1/pets").status_code == 200

"""Indexes of large tables are made while the store goes on; migrations from now on make them so (G23)."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from threading import Event, Thread
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.commands import migrate as django_migrate
from django.db import OperationalError, connection, connections, models, transaction
from django.db.migrations import AddConstraint, AddField, AddIndex, CreateModel, Migration, operations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.state import ProjectState

from database import timeouts
from pets.models import Pet
from petstore.interfaces.commands import migrate
from tenants.migration_operations import AddIndexConcurrently
from tests.concurrency import wait_until_somebody_waits_for_a_lock

PATIENCE = 60
OURS = (
    "accounts",
    "events",
    "idempotency",
    "mqtt",
    "orders",
    "payments",
    "pets",
    "ratelimit",
    "server",
    "tenants",
    "webhooks",
)
SMALL = {"tenant", "savedfilter"}
"""Models that stay small for ever."""
INDEX = models.Index(fields=("color", "age_months"), name="pet_by_color")

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time anyway")


def find_faults(migration: Migration) -> Iterator[str]:
    """Find operations that keep writers of a large table waiting."""
    made = {operation.name_lower for operation in migration.operations if isinstance(operation, CreateModel)}
    for operation in migration.operations:
        model = str(getattr(operation, "model_name_lower", ""))
        if model not in made | SMALL and _is_locking(operation):
            yield f"{migration.app_label} {migration.name}: {operation.describe()}"


def _is_locking(operation: Any) -> bool:
    if isinstance(operation, AddIndex):
        return not isinstance(operation, AddIndexConcurrently)
    if isinstance(operation, AddConstraint):
        return isinstance(operation.constraint, models.UniqueConstraint)
    if isinstance(operation, AddField):
        field: Any = operation.field
        return bool(field.db_index or field.unique)
    return isinstance(operation, operations.RunSQL) and "CREATE INDEX " in str(operation.sql).replace("UNIQUE ", "")


def test_migrations_make_indexes_of_large_tables_concurrently() -> None:
    """See `database.index_operations.AddIndexConcurrently`; a unique constraint can be made of a unique index."""
    found = MigrationLoader(None).disk_migrations.items()
    ours = [migration for (app, _), migration in found if app in OURS]
    assert len(ours) > len(OURS)
    assert [fault for migration in ours for fault in find_faults(migration)] == []


@pytest.mark.parametrize(
    "operation",
    [
        AddIndex("pet", INDEX),
        AddConstraint("pet", models.UniqueConstraint(fields=["name"], name="x")),
        AddField("pet", "chip", models.CharField(max_length=9, unique=True)),
        AddField("pet", "kennel", models.IntegerField(db_index=True)),
        operations.RunSQL("CREATE UNIQUE INDEX x ON pets_pet (name)"),
    ],
    ids=lambda operation: type(operation).__name__,
)
def test_a_migration_that_would_not_is_found(operation: Any) -> None:
    assert len([*find_faults(_make_migration(operation))]) == 1
    assert [*find_faults(_make_migration(AddIndexConcurrently("pet", INDEX)))] == []


def _make_migration(operation: Any) -> Migration:
    kind = type("Migration", (Migration,), {"operations": [operation]})
    made: Migration = kind("0099_more", "pets")
    return made


def _make_state() -> ProjectState:
    return MigrationLoader(connection).project_state()


def _add_index(operation: AddIndex) -> None:
    """As `migrate` does, outside of a transaction."""
    before = _make_state()
    after = before.clone()
    operation.state_forwards("pets", after)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_forwards("pets", editor, before, after)


def _remove_index(operation: AddIndex) -> None:
    before = _make_state()
    after = before.clone()
    operation.state_forwards("pets", after)
    with connection.schema_editor(atomic=False) as editor:
        operation.database_backwards("pets", editor, after, before)


def _is_there() -> bool:
    with connection.cursor() as cursor:
        return INDEX.name in connection.introspection.get_constraints(cursor, Pet._meta.db_table)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("as_owner")
def test_the_index_is_made_and_taken_away_on_both_databases() -> None:
    operation = AddIndexConcurrently("pet", INDEX)
    _add_index(operation)
    assert _is_there()
    _remove_index(operation)
    assert not _is_there()


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("as_owner")
def test_what_an_attempt_that_broke_off_has_left_is_made_anew() -> None:
    operation = AddIndexConcurrently("pet", INDEX)
    _add_index(operation)
    try:
        with connection.cursor() as cursor:
            cursor.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'pet_by_color'::regclass")
            _add_index(operation)
            cursor.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = 'pet_by_color'::regclass")
            assert cursor.fetchone() == (True,)
    finally:
        _remove_index(operation)


@contextmanager
def _in_a_thread(call: Any) -> Iterator[None]:
    def run() -> None:
        try:
            call()
        finally:
            connections.close_all()

    thread = Thread(target=run)
    thread.start()
    yield
    thread.join(PATIENCE)
    assert not thread.is_alive()


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("as_owner")
@pytest.mark.parametrize(
    ("kind", "waits"), [(AddIndexConcurrently, False), (AddIndex, True)], ids=["concurrently", "control"]
)
def test_writers_do_not_wait_for_an_index_that_waits_itself(kind: type[AddIndex], waits: bool) -> None:
    """An index made plainly, the control, keeps everybody waiting who comes after it."""
    operation, written = kind("pet", INDEX), list[bool]()
    with ExitStack() as threads, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("LOCK TABLE pets_pet IN ROW EXCLUSIVE MODE")  # as a writer does
        threads.enter_context(_in_a_thread(partial(_add_index, operation)))
        wait_until_somebody_waits_for_a_lock()
        with _in_a_thread(lambda: written.append(_can_write())):
            pass
    assert written == [not waits]
    _remove_index(operation)


def _can_write() -> bool:
    """Say whether a writer of another row gets through."""
    with connection.cursor() as cursor:
        cursor.execute("SET lock_timeout = 300")
        try:
            cursor.execute("INSERT INTO pets_pet SELECT * FROM pets_pet WHERE false")
        except OperationalError:
            return False
    return True


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("as_owner")
def test_migrate_gives_up_on_a_lock_and_has_changed_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrate, "MIGRATION", replace(timeouts.MIGRATION, lock=1))
    monkeypatch.setattr(django_migrate.Command, "handle", _migrate_columns)
    is_held, may_go = Event(), Event()

    def hold() -> None:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("LOCK TABLE pets_pet IN ACCESS SHARE MODE")
            is_held.set()
            may_go.wait(PATIENCE)

    with _in_a_thread(hold):
        try:
            assert is_held.wait(PATIENCE)
            with pytest.raises(CommandError, match=r"held a lock on a table for 1 s.*Run migrate again"):
                call_command("migrate", verbosity=0)
        finally:
            may_go.set()
    with connection.cursor() as cursor:
        columns = connection.introspection.get_table_description(cursor, "pets_pet")
    assert not {"kennel", "chip"} & {column.name for column in columns}


def _migrate_columns(*_args: Any, **_options: Any) -> None:
    """Migrate two columns."""
    with transaction.atomic(), connection.cursor() as cursor:
        for column in ("kennel", "chip"):
            cursor.execute(f"ALTER TABLE pets_pet ADD {column} integer")

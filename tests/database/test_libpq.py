"""The libpq executor binds, reads and fails as a cursor does."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from psycopg.types.json import Jsonb
from psycopg.types.numeric import Int4

from accounts.models import User
from database.executor import current_connection
from database.libpq import LibpqExecutor

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no libpq"),
]
VALUES = (
    (UUID("01a2011c-5727-70cc-9f3a-695acfd04096"), "uuid"),
    (datetime(2026, 11, 22, 1, 2, 3, 456789, tzinfo=UTC), "timestamptz"),
    (Decimal("12345678.90"), "numeric"),
    (Jsonb({"name": "Žofka “=1” %s"}), "jsonb"),
    ("it's 100 % Žofka, \\ and %s", "text"),
    ("", "text"),
    (-7, "bigint"),
    (Int4(7), "integer"),
    (User.Status.ACTIVE, "text"),
    (True, "boolean"),
    (None, "uuid"),
)


@pytest.fixture
def raw() -> Iterator["psycopg.Connection[Any]"]:
    """A connection as Django makes them, outside any transaction."""
    own = current_connection()
    with own.get_new_connection(own.get_connection_params()) as made:
        made.autocommit = True
        yield made


@pytest.mark.parametrize(("value", "kind"), VALUES, ids=[kind for _, kind in VALUES])
def test_a_value_comes_back_as_from_a_cursor(raw: Any, value: object, kind: str) -> None:
    sql = f"SELECT %s::{kind}, '100 %%'"  # a type of our own list
    executor = LibpqExecutor(raw)
    for _ in range(2):
        assert executor.run_statement(sql, [value]) == raw.execute(sql, [value]).fetchall()


def test_a_statement_is_prepared_once(raw: Any) -> None:
    executor = LibpqExecutor(raw)
    for number in range(5):
        assert executor.run_statement("SELECT %s + 1", [number]) == [(number + 1,)]
    assert raw.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (1,)


def test_what_the_server_has_forgotten_is_prepared_again(raw: Any) -> None:
    executor = LibpqExecutor(raw)
    executor.run_statement("SELECT %s::int", [1])
    raw.execute("DEALLOCATE ALL")
    assert executor.run_statement("SELECT %s::int", [2]) == [(2,)]


def test_a_name_belongs_to_one_text_and_its_types(raw: Any) -> None:
    executor = LibpqExecutor(raw)
    for sql, value in (("SELECT %s", 1), ("SELECT %s", Decimal(1)), ("SELECT %s ", 1)):
        executor.run_statement(sql, [value])
    assert raw.execute("SELECT count(DISTINCT name) FROM pg_prepared_statements").fetchone() == (3,)


def test_what_another_client_of_a_pooler_has_prepared_is_used(raw: Any) -> None:
    for executor in (LibpqExecutor(raw), LibpqExecutor(raw)):
        assert executor.run_statement("SELECT %s::int", [7]) == [(7,)]
    assert raw.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (1,)


def test_a_text_of_another_shape_under_the_same_name_would_answer_for_it(raw: Any) -> None:
    """The control: names that count up, as they once did, meet another client's text on a pooler's connection."""
    raw.pgconn.prepare(b"petstore_0", b"SELECT 'theirs'")
    assert (
        raw.pgconn.prepare(b"petstore_0", b"SELECT 'ours'").error_field(psycopg.pq.DiagnosticField.SQLSTATE) == b"42P05"
    )
    assert raw.pgconn.exec_prepared(b"petstore_0", []).get_value(0, 0) == b"theirs"


def test_columns_that_a_migration_has_changed_are_read_as_they_are_now(raw: Any) -> None:
    executor = LibpqExecutor(raw)
    raw.execute("CREATE TEMPORARY TABLE shelf (width int); INSERT INTO shelf VALUES (7)")
    executor.run_statement("SELECT * FROM shelf", [])
    raw.execute("ALTER TABLE shelf ALTER width TYPE text")
    assert executor.run_statement("SELECT * FROM shelf", []) == [("7",)]


def test_nothing_is_prepared_for_a_pooler(raw: Any) -> None:
    raw.prepare_threshold = None
    executor = LibpqExecutor(raw)
    for number in range(5):
        assert executor.run_statement("SELECT %s + 1", [number]) == [(number + 1,)]
    assert raw.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)


def test_a_text_with_a_nul_is_refused_not_cut_short(raw: Any) -> None:
    with pytest.raises(psycopg.DataError):
        LibpqExecutor(raw).run_statement("SELECT %s::text", ["half\0lost"])


def test_a_refusal_of_the_database_has_its_class_and_words(raw: Any) -> None:
    executor = LibpqExecutor(raw)
    with pytest.raises(psycopg.errors.DivisionByZero, match="division by zero"):
        executor.run_statement("SELECT 1 / %s::int", [0])
    assert executor.run_statement("SELECT 1", []) == [(1,)]


def test_a_lost_connection_is_told_as_one(raw: Any) -> None:
    executor = LibpqExecutor(raw)
    executor.run_statement("SELECT 1", [])
    with connection.cursor() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [raw.info.backend_pid])
    with pytest.raises(psycopg.OperationalError, match=r"terminat|closed"):
        executor.run_statement("SELECT 1", [])

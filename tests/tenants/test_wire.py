"""What goes straight at libpq binds, reads and fails as a cursor does."""

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
from tenants.prepared import database
from tenants.wire import Wire

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no wire"),
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
    home = database()
    with home.get_new_connection(home.get_connection_params()) as made:
        made.autocommit = True
        yield made


@pytest.mark.parametrize(("value", "kind"), VALUES, ids=[kind for _, kind in VALUES])
def test_a_value_comes_back_as_from_a_cursor(raw: Any, value: object, kind: str) -> None:
    sql = f"SELECT %s::{kind}, '100 %%'"  # a type of our own list
    wire = Wire(raw)
    for _ in range(2):
        assert wire.run(sql, [value]) == raw.execute(sql, [value]).fetchall()


def test_a_statement_is_prepared_once(raw: Any) -> None:
    wire = Wire(raw)
    for number in range(5):
        assert wire.run("SELECT %s + 1", [number]) == [(number + 1,)]
    assert raw.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (1,)


def test_what_the_server_has_forgotten_is_prepared_again(raw: Any) -> None:
    wire = Wire(raw)
    wire.run("SELECT %s::int", [1])
    raw.execute("DEALLOCATE ALL")
    assert wire.run("SELECT %s::int", [2]) == [(2,)]


def test_a_text_with_a_nul_is_refused_not_cut_short(raw: Any) -> None:
    with pytest.raises(psycopg.DataError):
        Wire(raw).run("SELECT %s::text", ["half\0lost"])


def test_a_refusal_of_the_database_has_its_class_and_words(raw: Any) -> None:
    wire = Wire(raw)
    with pytest.raises(psycopg.errors.DivisionByZero, match="division by zero"):
        wire.run("SELECT 1 / %s::int", [0])
    assert wire.run("SELECT 1", []) == [(1,)]


def test_a_lost_connection_is_told_as_one(raw: Any) -> None:
    wire = Wire(raw)
    wire.run("SELECT 1", [])
    with connection.cursor() as other:
        other.execute("SELECT pg_terminate_backend(%s)", [raw.info.backend_pid])
    with pytest.raises(psycopg.OperationalError, match=r"terminat|closed"):
        wire.run("SELECT 1", [])

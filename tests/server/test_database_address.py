"""DATABASE_URL: its options hold, unknown ones stop the start (G23)."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest
from django.db import connection
from pytest_django import Settings

from database import timeouts
from database.executor import current_connection
from database.postgresql.connections import Connection
from petstore.server.checks.database import check_pooler_timeouts
from tests.server.settings_start import start, values_of

ADDRESS = "postgres://shop:p%40ss@db.example:5433/store"
TLS = "sslmode=verify-full&sslrootcert=/etc/ca.pem"


def _read(address: str, **changed: str) -> Any:
    return values_of("dev", {"DATABASE_URL": address, **changed}, "DATABASES")["DATABASES"]["default"]


@pytest.mark.parametrize(
    ("query", "option", "value"),
    [
        (TLS, "sslmode", "verify-full"),
        (TLS, "sslrootcert", "/etc/ca.pem"),
        ("target_session_attrs=read-write", "target_session_attrs", "read-write"),
        ("application_name=till", "application_name", "till"),
        ("connect_timeout=2", "connect_timeout", "2"),
        ("options=-c%20statement_timeout%3D9s", "options", "-c statement_timeout=9s"),
    ],
)
def test_an_option_of_the_address_holds_beside_ours(query: str, option: str, value: str) -> None:
    read = _read(f"{ADDRESS}?{query}")
    assert read["OPTIONS"][option] == value
    assert read["OPTIONS"]["tcp_user_timeout"] == 10_000
    assert (read["USER"], read["PASSWORD"], read["HOST"], read["PORT"]) == ("shop", "p@ss", "db.example", "5433")


def test_several_hosts_are_tried_in_turn() -> None:
    read = _read("postgres://shop@one:5432,two:5433/store?target_session_attrs=read-write")
    assert (read["HOST"], read["PORT"], read["NAME"]) == ("one,two", "5432,5433", "store")


def test_a_socket_is_a_host() -> None:
    assert _read("postgresql:///store?host=/run/postgresql")["HOST"] == "/run/postgresql"


def test_a_file_has_a_time_out_of_its_own() -> None:
    read = _read("sqlite:////srv/store.sqlite3?timeout=3")
    assert (read["NAME"], read["OPTIONS"]["timeout"]) == ("/srv/store.sqlite3", 3)
    assert read["OPTIONS"]["transaction_mode"] == "IMMEDIATE"


@pytest.mark.parametrize(
    ("address", "named"),
    [
        (f"{ADDRESS}?sslmod=verify-full", "sslmod"),
        (f"{ADDRESS}?{TLS}&zeta=1&alpha=2", "alpha, zeta"),
        (f"{ADDRESS}?client_encoding=latin1", "client_encoding"),
        ("sqlite:////srv/store.sqlite3?mode=ro", "mode"),
    ],
)
def test_an_option_that_does_not_exist_stops_the_start(address: str, named: str) -> None:
    done = start("dev", {"DATABASE_URL": address})
    assert done.code == 1
    assert f"DATABASE_URL must have options that exist, and these do not: {named}." in done.said


@pytest.mark.parametrize(
    "address", ["postgres://shop:s%ecret@db/store", f"{ADDRESS}?sslmode", "sqlite:////x?timeout=y"]
)
def test_an_address_that_cannot_be_read_stops_the_start_and_is_not_quoted(address: str) -> None:
    done = start("dev", {"DATABASE_URL": address})
    assert (done.code, "DATABASE_URL must be a postgres:// or sqlite:/// address." in done.said) == (1, True)
    assert "ecret" not in done.said


def test_a_pooler_gets_neither_names_nor_startup_options() -> None:
    read = _read(ADDRESS, DATABASE_PREPARE="off")
    assert (read["OPTIONS"]["prepare_threshold"], read["DISABLE_SERVER_SIDE_CURSORS"]) == (None, True)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no server that could refuse")
class TestConnections:
    @pytest.mark.parametrize(
        ("kind", "expected"),
        [
            (timeouts.WEB, ("5s", "2s", "10s")),
            (timeouts.WORKER, ("30s", "10s", "10s")),
            (timeouts.COMMAND, ("0", "10s", "10s")),
            (timeouts.MIGRATION, ("0", "5s", "1min")),
        ],
    )
    def test_each_process_has_its_time_outs(self, kind: timeouts.Timeouts, expected: tuple[str, ...]) -> None:
        with timeouts.use_timeouts(kind):
            assert _time_outs({}) == expected

    def test_the_operators_own_time_out_wins(self) -> None:
        assert _time_outs({"options": "-c statement_timeout=9s"}) == ("9s", "2s", "10s")

    @pytest.mark.django_db(transaction=True)
    @pytest.mark.parametrize(
        ("options", "missing"),
        [
            ("", "idle_in_transaction_session_timeout, lock_timeout, statement_timeout"),
            ("-c statement_timeout=5s -c lock_timeout=2s", "idle_in_transaction_session_timeout"),
            ("-c statement_timeout=5s -c lock_timeout=2s -c idle_in_transaction_session_timeout=9s", ""),
        ],
    )
    def test_a_pooler_that_ends_nothing_is_told_of(self, settings: Settings, options: str, missing: str) -> None:
        settings.IS_PRODUCTION = True
        connection.close()
        with _options(prepare_threshold=None, options=options):
            told = [message.msg for message in check_pooler_timeouts(databases=["default"])]
            connection.close()
        assert [told[0].split("has to set ")[1].split(":")[0]] == [missing] if missing else told == []

    def test_a_server_without_tls_is_refused_where_the_address_asks_for_it(self) -> None:
        with pytest.raises(psycopg.OperationalError, match=r"SSL|certificate"):
            _time_outs({"sslmode": "verify-full"})


def _time_outs(options: dict[str, Any]) -> tuple[str, ...]:
    """What a new connection has."""
    with _options(**options):
        parameters = current_connection().get_connection_params()
    names = ("statement_timeout", "lock_timeout", "idle_in_transaction_session_timeout")
    with Connection.connect(**parameters) as made:
        rows = [made.execute(f"SHOW {name}").fetchone() for name in names]
    return tuple(row[0] for row in rows if row)


@contextmanager
def _options(**options: Any) -> Iterator[None]:
    settings = current_connection().settings_dict
    before = settings["OPTIONS"]
    settings["OPTIONS"] = before | options
    try:
        yield
    finally:
        settings["OPTIONS"] = before


def test_a_replica_has_the_role_of_the_store_unless_it_names_another() -> None:
    assert _read(ADDRESS)["REPLICA"] == {}
    read = _read(ADDRESS, DATABASE_REPLICA_URL="postgres://one:5433,two:5434")["REPLICA"]
    assert read == {"host": "one,two", "port": "5433,5434", "target_session_attrs": "standby"}
    read = _read(ADDRESS, DATABASE_REPLICA_URL="postgres://reader@one/copy?sslmode=require")["REPLICA"]
    assert (read["user"], read["dbname"], read["port"], read["sslmode"]) == ("reader", "copy", "5432", "require")


def test_sqlite_has_no_replica() -> None:
    done = start("dev", {"DATABASE_URL": "sqlite:////tmp/x", "DATABASE_REPLICA_URL": "postgres://one"})
    assert "DATABASE_REPLICA_URL must name a PostgreSQL" in done.said

"""Which database the tests run on. A pytest plugin, so that it is settled before Django reads its settings.

PostgreSQL where one can be had: TEST_DATABASE_URL, else the machine's own, else the embedded one; SQLite
otherwise. Every run makes a database of its own name, so runs may overlap. On PostgreSQL
it belongs to the server's role, and the tests run as the application does: by roles that row-level security binds.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from tests import embedded_postgres

MACHINES_OWN = "postgres://postgres@127.0.0.1:5432/postgres"
REDIS_URL = os.environ.get("TEST_REDIS_URL", "redis://127.0.0.1:6379/0")
PREFIX = "petstore_test_"
STAMP = "%Y%m%d%H%M%S"
STALE = timedelta(hours=2)
SCRATCH = Path(tempfile.gettempdir()) / f"petstore-tests-{os.getuid()}"

NAME = f"{PREFIX}{datetime.now(UTC):{STAMP}}_{os.getpid()}"
SQLITE = "SQLite"
OWNER_VARIABLE = "TEST_OWNER_URL"
"""The variable by which processes that tests start find the owner's address."""
ROLE = "petstore_tests"
"""The user of DATABASE_URL; the roles for several and for all tenants begin with it."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--db", choices=("sqlite", "postgres"), help="the database to test on (see tests/databases.py)")


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    wanted = early_config.known_args_namespace.db
    server, label = (None, SQLITE) if wanted == "sqlite" else postgres()
    if wanted == "postgres" and server is None:
        raise pytest.UsageError("--db postgres: no PostgreSQL answers and the embedded one cannot start.")
    early_config.stash[_SERVER], early_config.stash[_LABEL] = server, label
    _sweep(server)
    (SCRATCH / NAME).mkdir(parents=True)
    os.environ["MEDIA_ROOT"] = str(SCRATCH / NAME / "media")
    os.environ["JOURNAL_HEADS_FILE"] = str(SCRATCH / NAME / "journal-heads.jsonl")
    os.environ["DATABASE_URL"] = _as_role(_beside(server)) if server else f"sqlite:///{SCRATCH / NAME}/petstore.sqlite3"
    os.environ[OWNER_VARIABLE] = _beside(server) if server else ""
    return (yield)


def pytest_report_header(config: pytest.Config) -> list[str]:
    answers = "answers" if redis_answers() else "does not answer; its tests are skipped"
    return [f"database: {config.stash[_LABEL]}, as {NAME}", f"redis: {REDIS_URL} {answers}"]


def pytest_unconfigure(config: pytest.Config) -> None:
    server = config.stash.get(_SERVER, None)
    if server is not None:
        _drop(server, NAME)
    shutil.rmtree(SCRATCH / NAME, ignore_errors=True)


def postgres() -> tuple[str | None, str]:
    """The address of a server and how the header names it; None and SQLite where there is none."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        return given, f"PostgreSQL {_version(given)} of TEST_DATABASE_URL"
    try:
        return MACHINES_OWN, f"PostgreSQL {_version(MACHINES_OWN)} at 127.0.0.1:5432"
    except psycopg.OperationalError:
        address = embedded_postgres.start()
    return (address, f"embedded {embedded_postgres.described(_version(address))}") if address else (None, SQLITE)


def owner_address(name: str = NAME) -> str:
    """The address of a database of this run, as the server's own role, who owns the tables and makes databases."""
    return os.environ[OWNER_VARIABLE].replace(NAME, name)


def owner_login() -> dict[str, str]:
    """The owner's user and password, as Django's settings have them."""
    given = conninfo_to_dict(owner_address())
    return {"USER": str(given.get("user", "")), "PASSWORD": str(given.get("password", ""))}


@contextmanager
def owner_connection() -> Iterator[psycopg.Connection[Any]]:
    """A connection to the run's database that commits each statement, as its owner, whom no policy binds."""
    with psycopg.connect(owner_address(), autocommit=True) as connection:
        yield connection


def redis_answers() -> bool:
    """Whether the tests' Redis is there."""
    try:
        with redis.Redis.from_url(REDIS_URL, socket_connect_timeout=1) as client:
            return bool(client.ping())
    except redis.ConnectionError:
        return False


_SERVER = pytest.StashKey[str | None]()
_LABEL = pytest.StashKey[str]()


def _version(server: str) -> str:
    with psycopg.connect(server, connect_timeout=3) as connection:
        return str(connection.execute("SHOW server_version").fetchone()[0]).split()[0]  # type: ignore[index]  # one row


def _beside(server: str) -> str:
    """The server's address with our database's name in place of the one it has."""
    return re.sub(r"(?<=[^/:]/)[^/?]*(?=\?|\Z)", NAME, server, count=1)


def _as_role(address: str) -> str:
    """The address with our role's name in place of the server's own."""
    return re.sub(r"(?<=://)[^:@/]*", ROLE, address, count=1)


def _sweep(server: str | None) -> None:
    """Remove what killed runs of some hours ago left behind."""
    for path in SCRATCH.glob(f"{PREFIX}*"):
        if _is_stale(path.name):
            shutil.rmtree(path, ignore_errors=True)
    if server is None:
        return
    with psycopg.connect(server) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]).fetchall()
    for (name,) in rows:
        if _is_stale(name):
            _drop(server, name)


def _is_stale(name: str) -> bool:
    born = re.match(rf"{PREFIX}(\d{{14}})_", name)
    return born is not None and datetime.strptime(f"{born[1]}+0000", f"{STAMP}%z") < datetime.now(UTC) - STALE


def _drop(server: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

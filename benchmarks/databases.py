"""The run's own PostgreSQL databases: made, copied, filled, dropped."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import ClientCursor, sql

from benchmarks.errors import BenchmarkError

DEFAULT_ADMIN_URL = "postgres://postgres@127.0.0.1:5432/postgres"


class Cluster:
    """A PostgreSQL server on which the run may create and drop databases."""

    def __init__(self, admin_url: str) -> None:
        self.admin_url = admin_url

    @classmethod
    def from_environment(cls) -> "Cluster":
        """Use BENCH_DATABASE_URL.

        Raises:
            BenchmarkError: when no server answers there.
        """
        cluster = cls(os.environ.get("BENCH_DATABASE_URL", DEFAULT_ADMIN_URL))
        try:
            cluster.query_scalar("SELECT 1")
        except psycopg.OperationalError as error:
            raise BenchmarkError(
                "The benchmark needs a PostgreSQL server, as a role that may create databases, and none answers at "
                f"{cluster.shown_url}. Start one or set BENCH_DATABASE_URL. ({str(error).strip()})"
            ) from error
        return cluster

    @property
    def shown_url(self) -> str:
        """The admin URL without its password."""
        parts = urlsplit(self.admin_url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def build_database_url(self, database: str, role: str = "", password: str = "") -> str:
        """Name a database of this server, for a role or for the one that administers."""
        parts = urlsplit(self.admin_url)
        if role:
            parts = parts._replace(netloc=f"{role}:{password}@{parts.netloc.rpartition('@')[2]}")
        return urlunsplit(parts._replace(path=f"/{database}"))

    def query_scalar(self, query: str, *parameters: object) -> object:
        """Ask the server for one value."""
        with psycopg.connect(self.admin_url, connect_timeout=5) as connection:
            row = connection.execute(query, parameters).fetchone()
        return row[0] if row else None

    @contextmanager
    def create_temporary_database(
        self, name: str, template: str = "template1", owner: str = "DEFAULT"
    ) -> Iterator[str]:
        """Make a database, perhaps a copy of another, give its URL, and drop it afterwards."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            role = sql.SQL(owner) if owner == "DEFAULT" else sql.Identifier(owner)
            names = map(sql.Identifier, (name, template))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(*names, role))
        try:
            yield self.build_database_url(name)
        finally:
            self._run_as_superuser("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    @contextmanager
    def create_temporary_owner(self, name: str, password: str) -> Iterator[None]:
        """Make a role that may make roles, and drop all afterwards whose names begin with its own."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            statement = sql.SQL("CREATE ROLE {} LOGIN CREATEROLE PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Literal(password)))
        try:
            yield
        finally:
            for role in self._list_roles(name):
                self._run_as_superuser("DROP ROLE {}", role)

    @contextmanager
    def create_temporary_role(self, name: str, password: str, database: str) -> Iterator[None]:
        """Make a role that may log in, and drop it afterwards with what it was granted in a database."""
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            statement = sql.SQL("CREATE ROLE {} LOGIN PASSWORD {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Literal(password)))
        try:
            yield
        finally:
            with psycopg.connect(self.build_database_url(database), autocommit=True) as connection:
                connection.execute(sql.SQL("DROP OWNED BY {}").format(sql.Identifier(name)))
            self._run_as_superuser("DROP ROLE {}", name)

    def run_sql_files(self, database: str, scripts: Sequence[Path], parameters: Mapping[str, object]) -> None:
        """Run files of SQL with parameters in one transaction."""
        with psycopg.connect(self.build_database_url(database)) as connection:
            for script in scripts:
                ClientCursor(connection).execute(script.read_bytes(), parameters)

    def vacuum_database(self, database: str) -> None:
        """Give every round the same start: no dead rows, fresh statistics."""
        with psycopg.connect(self.build_database_url(database), autocommit=True) as connection:
            connection.execute("VACUUM (ANALYZE)")

    def count_rows(self, database: str, table: str) -> int:
        """Count a table's rows."""
        with psycopg.connect(self.build_database_url(database)) as connection:
            row = connection.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table))).fetchone()
        return int(row[0]) if row else 0

    def query_database(self, database: str, query: str) -> object:
        """Ask a database for one value."""
        with psycopg.connect(self.build_database_url(database)) as connection:
            row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None

    def list_backend_processes(self, database: str) -> list[int]:
        """Name the server processes that serve a database now."""
        query = "SELECT pid FROM pg_stat_activity WHERE datname = %s"
        with psycopg.connect(self.admin_url) as connection:
            return [int(row[0]) for row in connection.execute(query, (database,))]

    def _list_roles(self, prefix: str) -> list[str]:
        query = "SELECT rolname FROM pg_roles WHERE starts_with(rolname, %s)"
        with psycopg.connect(self.admin_url) as connection:
            return [str(row[0]) for row in connection.execute(query, (prefix,))]

    def is_row_security_active(self, url: str, table: str) -> bool:
        """Ask whether row-level security binds a role, as it logs in, on a table."""
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT row_security_active(%s)", (table,)).fetchone()
        return bool(row and row[0])

    def _run_as_superuser(self, statement: str, *names: str) -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))

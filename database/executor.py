"""Send statements to the database: the one place through which all compiled SQL goes."""

from collections.abc import Sequence
from typing import Any, cast

from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from database.libpq import LibpqExecutor
from database.postgresql.base import DatabaseWrapper

Row = tuple[Any, ...]


def current_connection() -> BaseDatabaseWrapper:
    """Return this thread's connection without Django's proxy, whose every access costs a look-up."""
    return connections[DEFAULT_DB_ALIAS]


def checks_access_versions() -> bool:
    """Say whether compiled statements check the `access_check` of the scope now (`database.scope_messages`).

    They do on PostgreSQL where row-level security binds the role, outside of transactions; but not in a store with a
    replica, which may not have heard of the last change.
    """
    connection = current_connection()
    if connection.settings_dict.get("REPLICA") or not vars(connection).get("is_bound"):
        return False
    if not connection.autocommit or connection.connection is None:
        return False
    return not connection.queries_logged and not connection.execute_wrappers


def execute_statement(connection: BaseDatabaseWrapper, sql: str, parameters: Sequence[Any]) -> list[Row]:
    """Run a statement and return its rows, if it has any.

    On PostgreSQL it goes straight to libpq; inside a transaction through one cursor that all statements of the
    connection share, for making a cursor costs more than running most of them. Where queries are logged or wrapped
    (tests count them), Django's own cursors are used.
    """
    if connection.vendor == "postgresql" and not connection.queries_logged and not connection.execute_wrappers:
        connection.close_if_health_check_failed()
        connection.ensure_connection()
        connection.validate_no_broken_transaction()
        if connection.autocommit:
            cast(DatabaseWrapper, connection).choose_session()
        state = _get_connection_state(connection)
        try:
            with connection.wrap_database_errors:
                if connection.autocommit:
                    return state.executor.run_statement(sql, parameters)
                return _fetch_cursor_rows(state.cursor.execute(sql, parameters))
        except DatabaseError as error:
            if not cast(DatabaseWrapper, connection).leave_failed_replica(error):
                raise
        return execute_statement(connection, sql, parameters)  # at the primary
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return _fetch_cursor_rows(cursor)


def _fetch_cursor_rows(cursor: Any) -> list[Row]:
    return list(cursor.fetchall()) if cursor.description else []


class ConnectionState:
    """A cursor and an executor, which live as long as a thread's connection to PostgreSQL is open."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        self.driver_connection: Any = connection.connection
        self.cursor = connection.create_cursor()
        self.executor = LibpqExecutor(self.driver_connection)


def _get_connection_state(connection: BaseDatabaseWrapper) -> ConnectionState:
    state: ConnectionState | None = vars(connection).get("compiled_sql_state")
    if state is None or state.driver_connection is not connection.connection:
        state = vars(connection)["compiled_sql_state"] = ConnectionState(connection)
    return state

"""The migrated database as it was before the first test, and the way back to it.

Django's own flush deletes every row. Here that is refused (the journal is append-only) or too much (the
shared pool's row comes from a migration).
"""

import sqlite3

from django.db import connection, transaction

_SCHEMA = "pristine"
_copy = sqlite3.connect(":memory:", check_same_thread=False)


def keep() -> None:
    """Remember the database as it is now."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.backup(_copy)
        return
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE SCHEMA {_SCHEMA}")
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"CREATE TABLE {_SCHEMA}.{table} AS TABLE public.{table}")


def restore() -> None:
    """Bring it back, whatever the tests have committed. No trigger minds: this session plays a replica for it."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        _copy.backup(connection.connection)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '20s'; SET LOCAL session_replication_role = 'replica'")
        tables = connection.introspection.table_names(cursor)
        cursor.execute("; ".join(_refilled(table) for table in tables))


def _refilled(table: str) -> str:
    """Deleting the few rows of a test takes a hundredth of truncating all tables, which makes new files."""
    return f"DELETE FROM public.{table}; INSERT INTO public.{table} SELECT * FROM {_SCHEMA}.{table}"  # noqa: S608  # names of our own tables

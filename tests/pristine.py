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
    """Bring it back, whatever the tests have committed. TRUNCATE fires no row trigger."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        _copy.backup(connection.connection)
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '20s'")
        tables = connection.introspection.table_names(cursor)
        cursor.execute(f"TRUNCATE {', '.join(tables)} CASCADE")
        for table in tables:
            cursor.execute(f"INSERT INTO public.{table} SELECT * FROM {_SCHEMA}.{table}")  # noqa: S608  # names of our own tables

"""The migrated database as it was before the first test, and the way back to it.

Django's own flush deletes every row. Here that is refused (the journal is append-only) or too much (the
shared pool's row comes from a migration).
"""

import sqlite3
from typing import Any

import psycopg
from django.db import connection

from tests.databases import owner_connection

_SCHEMA = "pristine"
_copy = sqlite3.connect(":memory:", check_same_thread=False)


def keep() -> None:
    """Remember the database as it is now."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        connection.connection.backup(_copy)
        return
    with owner_connection() as owner:
        owner.execute(f"CREATE SCHEMA {_SCHEMA}")
        for table in _list_tables(owner):
            owner.execute(f"CREATE TABLE {_SCHEMA}.{table} AS TABLE public.{table}")


def restore() -> None:
    """Bring it back, whatever the tests have committed. No trigger minds: this session plays a replica for it."""
    if connection.vendor == "sqlite":
        connection.ensure_connection()
        _copy.backup(connection.connection)
        return
    with owner_connection() as owner, owner.transaction():
        owner.execute("SET LOCAL lock_timeout = '20s'; SET LOCAL session_replication_role = 'replica'")
        owner.execute("; ".join(_refilled(table) for table in _list_tables(owner)))


def _list_tables(owner: psycopg.Connection[Any]) -> list[str]:
    rows = owner.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY tablename")
    return [name for (name,) in rows]


def _refilled(table: str) -> str:
    """Deleting the few rows of a test takes a hundredth of truncating all tables, which makes new files."""
    return f"DELETE FROM public.{table}; INSERT INTO public.{table} SELECT * FROM {_SCHEMA}.{table}"  # noqa: S608  # names of our own tables

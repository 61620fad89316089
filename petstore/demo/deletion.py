"""Deletion of a demo store, so that a new one can be made (`manage.py demo --fresh`); no other store is deleted."""

from pathlib import Path

from django.apps import apps
from django.db import connection, transaction
from django.db.backends.utils import CursorWrapper

from kernel.errors import Conflict
from petstore.demo.seeds.accounts import ADMIN
from tenants.scoping import all_tenants

FORMER_APPS = frozenset({"traffic", "procrastinate"})
"""Apps whose tables a store may have although they are not installed."""
ACCOUNTS_TABLE = "accounts_user"
DEMO_DOMAINS = ("@example.com", "@example.org")
"""Domains without mailboxes (RFC 2606), which all accounts of the demo have."""
SQLITE_SUFFIXES = ("", "-wal", "-shm", "-journal")

_ROUTINES = """
    SELECT format('DROP ROUTINE %s CASCADE', oid::regprocedure) FROM pg_proc
    WHERE pronamespace = current_schema()::regnamespace
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
"""
_ENUM_TYPES = """
    SELECT format('DROP TYPE %s CASCADE', oid::regtype) FROM pg_type
    WHERE typnamespace = current_schema()::regnamespace AND typtype = 'e'
      AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_type.oid AND deptype = 'e')
"""


def count_demo_accounts() -> int:
    """Count the accounts of the store; 0 where the database is empty.

    Raises:
        Conflict: it is not a demo store: it has foreign tables, accounts that the demo did not make, or no demo admin.
    """
    with all_tenants(reason="whether all accounts are of the demo"), connection.cursor() as cursor:
        tables = _list_tables(cursor)
        if not tables:
            return 0
        foreign = [table for table in tables if not _is_known_table(table)]
        if foreign or ACCOUNTS_TABLE not in tables:
            raise Conflict("This database holds something else than a demo store, and nothing was deleted.")
        emails = _read_emails(cursor)
    others = sum(not email.endswith(DEMO_DOMAINS) for email in emails)
    if others or ADMIN.email not in emails:
        raise Conflict(f"This is not a demo store ({others} accounts are not of the demo), and nothing was deleted.")
    return len(emails)


def delete_demo_store() -> None:
    """Delete the SQLite file, or everything in the schema of PostgreSQL; raises Conflict if it is no demo store."""
    count_demo_accounts()
    if connection.vendor == "sqlite":
        name = str(connection.settings_dict["NAME"])
        connection.close()
        for suffix in SQLITE_SUFFIXES:
            Path(name + suffix).unlink(missing_ok=True)
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            _drop_everything(cursor)
        connection.close()


def _list_tables(cursor: CursorWrapper) -> list[str]:
    return [table.name for table in connection.introspection.get_table_list(cursor)]


def _is_known_table(table: str) -> bool:
    labels = {config.label for config in apps.get_app_configs()} | FORMER_APPS | {"django", "sqlite"}
    return any(table.startswith(f"{label}_") for label in labels)


def _read_emails(cursor: CursorWrapper) -> list[str]:
    """Read the addresses without the model, whose columns an older store may lack."""
    cursor.execute(f"SELECT LOWER(email) FROM {ACCOUNTS_TABLE}")  # noqa: S608  # a name of our own
    return [email for (email,) in cursor.fetchall()]


def _drop_everything(cursor: CursorWrapper) -> None:
    for table in _list_tables(cursor):
        cursor.execute(f"DROP TABLE IF EXISTS {connection.ops.quote_name(table)} CASCADE")
    for query in (_ROUTINES, _ENUM_TYPES):
        cursor.execute(query)
        for (statement,) in cursor.fetchall():
            cursor.execute(statement)

"""Everything that the database holds, to show that a refusal has changed nothing."""

from functools import cache

from django.apps import apps
from django.db import connection
from django.db.backends.utils import CursorWrapper

from tenants.scoping import all_tenants

Snapshot = dict[str, list[str]]


def snapshot() -> Snapshot:
    """The rows of every table of ours, of all tenants, by table."""
    with all_tenants(reason="a snapshot is of every tenant"), connection.cursor() as cursor:
        return {table: _rows(cursor, table) for table in _tables()}


@cache
def _tables() -> list[str]:
    return sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})


def _rows(cursor: CursorWrapper, table: str) -> list[str]:
    cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # the tables' names come from our models
    return sorted(map(repr, cursor.fetchall()))

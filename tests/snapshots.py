"""Everything that the database holds, to show that a refusal has changed nothing."""

from django.apps import apps
from django.db import connection

Snapshot = dict[str, list[str]]


def snapshot() -> Snapshot:
    """The rows of every table of ours, of all tenants, by table."""
    tables = sorted({model._meta.db_table for model in apps.get_models(include_auto_created=True)})
    return {table: _rows(table) for table in tables}


def _rows(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # the tables' names come from our models
        return sorted(map(repr, cursor.fetchall()))

"""Many rows of one table at once, through the wall: what `bulk_create` does, at a tenth of its cost.

PostgreSQL gets them by COPY, SQLite by INSERTs of many rows each.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, models

from tenants.scoping import ForeignTenantWrite, TenantOwned, current_scope

SQLITE_CACHE_KIB = 256 * 1024
SQLITE_CHECKPOINT_PAGES = 16 * 1024
SQLITE_VARIABLES = 8000
"""In one statement; fewer where SQLite allows fewer."""


def make_room() -> None:
    """Let this connection keep more in memory and copy the WAL back less often while it writes a great many rows."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")
            cursor.execute(f"PRAGMA wal_autocheckpoint = {SQLITE_CHECKPOINT_PAGES}")


def insert_rows(model: type[TenantOwned], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """Insert tuples of the named columns, `tenant_id` among them; defaults are the caller's business.

    Raises:
        ForeignTenantWrite: a row belongs to a tenant outside the scope, or to none.
    """
    _require_admitted(model, {row[names.index("tenant_id")] for row in rows})
    insert_nobodys_rows(model, names, rows)


def insert_nobodys_rows(model: type[models.Model], names: Sequence[str], rows: Sequence[tuple[Any, ...]]) -> None:
    """The same for a table that belongs to no tenant; there is no wall."""
    fields = {field.attname: field for field in model._meta.concrete_fields}
    values = _columns_converted([fields[name] for name in names], rows)
    columns = ", ".join(connection.ops.quote_name(str(fields[name].column)) for name in names)
    table = f"{connection.ops.quote_name(model._meta.db_table)} ({columns})"
    if connection.vendor == "postgresql":
        _copy(table, values)
    else:
        _insert(table, len(names), values)


def _copy(table: str, rows: Sequence[tuple[Any, ...]]) -> None:
    copying = f"COPY {table} FROM STDIN"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(copying) as copy:
        for row in rows:
            copy.write_row(row)


def _insert(table: str, columns: int, rows: Sequence[tuple[Any, ...]]) -> None:
    """Many rows a statement: SQLite works on each without Python's lock, so another thread can go on.

    They go straight to the driver: Django would rewrite every mark of every statement.
    """
    connection.ensure_connection()
    row_marks = f"({', '.join('?' * columns)})"
    at_once = min(SQLITE_VARIABLES, _sqlite_variables()) // columns
    for start in range(0, len(rows), at_once):
        part = rows[start : start + at_once]
        statement = f"INSERT INTO {table} VALUES {', '.join([row_marks] * len(part))}"  # noqa: S608  # names of our models
        with connection.wrap_database_errors:
            connection.connection.execute(statement, list(chain.from_iterable(part)))


def _sqlite_variables() -> int:
    return int(connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER))


def _require_admitted(model: type[TenantOwned], tenant_ids: set[Any]) -> None:
    scope = current_scope()
    if not all(tenant_id and scope.admits(tenant_id) for tenant_id in tenant_ids):
        raise ForeignTenantWrite(f"{model.__name__} of a tenant outside the scope.")


def _columns_converted(
    fields: "Sequence[models.Field[Any, Any]]", rows: Sequence[tuple[Any, ...]]
) -> Sequence[tuple[Any, ...]]:
    """Column by column, for most columns go to the database as they are."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, field in enumerate(fields if rows else ()):
        convert = _converter(field)
        if convert:
            columns[place] = convert(columns[place])
    return list(zip(*columns, strict=True))


def _converter(field: "models.Field[Any, Any]") -> Callable[[Sequence[Any]], list[object]] | None:
    """How a column of the field goes to the database; None where it goes as it is."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.JSONField):
        return _encoded
    if connection.vendor == "postgresql":
        return None
    if isinstance(target, models.UUIDField):
        return _in_hex
    if isinstance(target, models.DateTimeField):
        return _naive
    return _as_text if isinstance(target, models.DecimalField) else None


def _encoded(column: Sequence[object]) -> list[object]:
    return [orjson.dumps(value).decode() for value in column]


def _in_hex(column: Sequence[UUID | None]) -> list[object]:
    return [f"{value.int:032x}" if value else None for value in column]


def _naive(column: Sequence[datetime | None]) -> list[object]:
    """As Django spells times for SQLite."""
    return [str(value.astimezone(UTC))[: -len("+00:00")] if value else None for value in column]


def _as_text(column: Sequence[object]) -> list[object]:
    return [str(value) for value in column]

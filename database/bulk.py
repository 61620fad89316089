"""A great many rows of one table at once: what `bulk_create` does, at a tenth of its cost.

PostgreSQL gets them as one JSON text a statement, which it turns into rows itself (COPY would not obey row-level
security); SQLite by INSERTs of many rows each.
"""

import sqlite3
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from uuid import UUID

import orjson
from django.db import connection, models

from tenants.scoping import ForeignTenantWrite, TenantOwned, current_scope

POSTGRES_ROWS = 5000
"""In one statement, so that its text does not grow with their number."""
SQLITE_CACHE_KIB = 256 * 1024
SQLITE_CHECKPOINT_PAGES = 16 * 1024
SQLITE_VARIABLES = 8000
"""In one statement; fewer where SQLite allows fewer."""
BULK_LOAD = 1000
"""From so many rows on it is worth a connection's while to keep more in memory."""


def bulk_insert(model: type[models.Model], names: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Insert tuples of the named columns, a tenant's with `tenant_id` among them. No defaults are filled in.

    Raises:
        ForeignTenantWrite: a row belongs to a tenant outside the scope, or to none.
    """
    if not rows:
        return
    if issubclass(model, TenantOwned):
        _require_admitted_tenants(model, {row[names.index("tenant_id")] for row in rows})
    by_name = {field.attname: field for field in model._meta.concrete_fields}
    fields = [by_name[name] for name in names]
    if connection.vendor == "postgresql":
        _insert_as_json(model, fields, rows)
    else:
        _insert_in_batches(model, fields, rows)


def _require_admitted_tenants(model: type[TenantOwned], tenant_ids: set[Any]) -> None:
    scope = current_scope()
    if not all(tenant_id and scope.admits_tenant(tenant_id) for tenant_id in tenant_ids):
        raise ForeignTenantWrite(f"{model.__name__} of a tenant outside the scope.")


_Fields = Sequence["models.Field[Any, Any]"]


def _insert_as_json(model: type[models.Model], fields: _Fields, rows: Sequence[Sequence[Any]]) -> None:
    columns = [connection.ops.quote_name(str(field.column)) for field in fields]
    types = ", ".join(
        f"{column} {field.rel_db_type(connection)}" for column, field in zip(columns, fields, strict=True)
    )
    listed = ", ".join(columns)
    table = connection.ops.quote_name(model._meta.db_table)
    sql = f"INSERT INTO {table} ({listed}) SELECT {listed} FROM json_to_recordset(%s) AS given ({types})"  # noqa: S608  # names of our models
    names = [str(field.column) for field in fields]
    with connection.cursor() as cursor:
        for start in range(0, len(rows), POSTGRES_ROWS):
            part = [dict(zip(names, row, strict=True)) for row in rows[start : start + POSTGRES_ROWS]]
            cursor.execute(sql, [orjson.dumps(part, default=_format_decimal_text).decode()])


def _format_decimal_text(value: object) -> str:
    if isinstance(value, Decimal):
        return str(value)
    raise TypeError(value)


def _insert_in_batches(model: type[models.Model], fields: _Fields, rows: Sequence[Sequence[Any]]) -> None:
    """Write many rows a statement: SQLite works on each without Python's lock, so another thread can go on.

    They go straight to the driver: Django would rewrite every mark of every statement.
    """
    connection.ensure_connection()
    driver = connection.connection
    if len(rows) >= BULK_LOAD:
        _tune_for_bulk_load(driver)
    columns = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = f"{connection.ops.quote_name(model._meta.db_table)} ({columns})"
    values = _convert_rows_by_column(fields, rows)
    marks = f"({', '.join('?' * len(fields))})"
    at_once = min(SQLITE_VARIABLES, driver.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)) // len(fields)
    for start in range(0, len(values), at_once):
        part = values[start : start + at_once]
        statement = f"INSERT INTO {table} VALUES {', '.join([marks] * len(part))}"  # noqa: S608  # names of our models
        with connection.wrap_database_errors:
            driver.execute(statement, list(chain.from_iterable(part)))


def _tune_for_bulk_load(driver: sqlite3.Connection) -> None:
    """Let the connection keep more in memory and copy the WAL back less often from now on."""
    driver.execute(f"PRAGMA cache_size = -{SQLITE_CACHE_KIB}")
    driver.execute(f"PRAGMA wal_autocheckpoint = {SQLITE_CHECKPOINT_PAGES}")


def _convert_rows_by_column(fields: _Fields, rows: Sequence[Sequence[Any]]) -> Sequence[tuple[Any, ...]]:
    """Convert rows column by column, for most columns go to SQLite as they are."""
    columns: list[Sequence[Any]] = list(zip(*rows, strict=True))
    for place, field in enumerate(fields):
        convert = _find_column_converter(field)
        if convert:
            columns[place] = convert(columns[place])
    return list(zip(*columns, strict=True))


def _find_column_converter(field: "models.Field[Any, Any]") -> Callable[[Sequence[Any]], list[object]] | None:
    """Return what converts a column of the field for SQLite; None where it goes as it is."""
    target = field.target_field if isinstance(field, models.ForeignKey) else field
    if isinstance(target, models.JSONField):
        return _encode_json_column
    if isinstance(target, models.UUIDField):
        return _write_in_hex
    if isinstance(target, models.DateTimeField):
        return _format_time_column
    return _format_decimal_column if isinstance(target, models.DecimalField) else None


def _encode_json_column(column: Sequence[object]) -> list[object]:
    return [orjson.dumps(value).decode() for value in column]


def _write_in_hex(column: Sequence[UUID | None]) -> list[object]:
    return [f"{value.int:032x}" if value else None for value in column]


def _format_time_column(column: Sequence[datetime | None]) -> list[object]:
    """Write times as Django does for SQLite."""
    return [str(value.astimezone(UTC))[: -len("+00:00")] if value else None for value in column]


def _format_decimal_column(column: Sequence[object]) -> list[object]:
    return [str(value) for value in column]

"""New rows with compiled SQL."""

from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, TypeVar
from uuid import UUID

import orjson
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, F, Field, GenericIPAddressField, JSONField
from django.db.models.base import ModelState
from django.db.models.sql.subqueries import InsertQuery
from psycopg.types.json import Jsonb

from database.executor import current_connection, execute_statement
from tenants.scoping import TenantOwned, prepare_writes

_Owned = TypeVar("_Owned", bound=TenantOwned)


def build_row(model: type[_Owned], **columns: Any) -> _Owned:
    """Build a new row from columns that need no care, its other columns at their defaults.

    A model's constructor does the same for whatever it is given, which takes several times as long.

    Args:
        columns: by the names of the table, `order_id` rather than `order`. Where a unit of work inserts the row,
            `F("price")` stands for that column of the row which the unit has updated or locked just before; inside
            of JSON it becomes the column's text.
    """
    row = model.__new__(model)
    row._state = ModelState()
    values = vars(row)
    for name, default in _list_column_defaults(model):
        values[name] = columns[name] if name in columns else default() if callable(default) else default
    return row


@cache
def _list_column_defaults(model: type[TenantOwned]) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (field.attname, field.default if field.has_default() else field.get_default())
        for field in model._meta.concrete_fields
    )


def insert_rows(*rows: TenantOwned) -> None:
    """Write new rows in the scope; keys that the database makes are not read back.

    On PostgreSQL they are one statement, whose foreign keys are checked at its end, and one round trip.

    Raises:
        ForeignTenantWrite: a row belongs to a tenant outside the scope.
    """
    prepare_writes(rows)
    connection = current_connection()
    for sql, own in _plan_insert_statements(connection, tuple(type(row) for row in rows)):
        execute_statement(
            connection, sql, [value for index in own for value in list_column_values(rows[index], connection)]
        )
    for row in rows:
        row._state.adding = False


Models = tuple[type[TenantOwned], ...]
_Plan = list[tuple[str, tuple[int, ...]]]
_plans: dict[tuple[str, Models], _Plan] = {}


def _plan_insert_statements(connection: BaseDatabaseWrapper, models: Models) -> _Plan:
    """Return the statements that write rows of these models, and which of the rows each one takes."""
    if (connection.vendor, models) not in _plans:
        texts = [compile_insert_text(connection, model) for model in models]
        plan: _Plan = [(text, (index,)) for index, text in enumerate(texts)]
        if connection.vendor == "postgresql":
            others = ", ".join(f"i{index} AS ({text})" for index, text in enumerate(texts[:-1]))
            plan = [(f"WITH {others} {texts[-1]}" if others else texts[-1], tuple(range(len(models))))]
        _plans[connection.vendor, models] = plan
    return _plans[connection.vendor, models]


def compile_insert_text(connection: BaseDatabaseWrapper, model: type[TenantOwned]) -> str:
    """Return the INSERT of one row."""
    query = InsertQuery(model)
    query.insert_values(list_inserted_fields(model), [model()])
    sql: str = query.get_compiler(connection=connection).as_sql()[0][0]
    return sql


def list_column_values(row: TenantOwned, connection: BaseDatabaseWrapper) -> Iterator[Any]:
    """Yield the columns as the database takes them; `F` is left out, and inside of JSON it is null."""
    for name, prepare in _list_column_preparers(type(row), connection.vendor):
        value = getattr(row, name)
        kind = type(value)
        if kind is F:
            continue
        if prepare is not None:
            yield prepare(value)
        else:
            yield value if kind in _NATIVE else _strip_choice_type(value)


_NATIVE = frozenset((UUID, datetime, int, str, Decimal, bool, type(None)))
"""Types that psycopg takes as they are, in columns of such a type."""


def _strip_choice_type(value: Any) -> Any:
    """Return a choice as its text, anything else as it is."""
    return str(value) if isinstance(value, str) else value


_Preparer = tuple[str, Callable[[Any], Any] | None]


@cache
def _list_column_preparers(model: type[TenantOwned], vendor: str) -> tuple[_Preparer, ...]:
    return tuple((field.attname, _find_column_preparer(field, vendor)) for field in list_inserted_fields(model))


def _find_column_preparer(field: "Field[Any, Any]", vendor: str) -> Callable[[Any], Any] | None:
    """Return what turns a column's value into the database's; None where psycopg takes it as it is."""

    def prepare_value(value: Any) -> Any:
        return field.get_db_prep_save(value, current_connection())

    if vendor != "postgresql":
        return prepare_value
    if isinstance(field, JSONField):
        return _wrap_as_jsonb
    return lru_cache(maxsize=1024)(prepare_value) if isinstance(field, GenericIPAddressField) else None


def _wrap_as_jsonb(value: Any) -> Jsonb:
    return Jsonb(value, dumps=_dump_json)


def _dump_json(value: Any) -> bytes:
    return orjson.dumps(value, default=_null_for_column)


def _null_for_column(value: Any) -> None:
    if not isinstance(value, F):
        raise TypeError


@cache
def list_inserted_fields(model: type[TenantOwned]) -> "list[Field[Any, Any]]":
    """Return the columns that an INSERT gives values; the database makes the others."""
    return [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]

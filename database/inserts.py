"""New rows by constant SQL (see `database.compiled`)."""

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

from database.compiled import database, execute
from tenants.scoping import TenantOwned, prepare_writes

_Owned = TypeVar("_Owned", bound=TenantOwned)


class Taken(F):
    """Stands in a new row, or in its JSON, for a column of the row that an update touches.

    In JSON it becomes the column's text.
    """

    def __init__(self, column: str) -> None:
        super().__init__(column)
        self.column = column


def fresh(kind: type[_Owned], **columns: Any) -> _Owned:
    """A new row from columns that need no care, its other columns at their defaults.

    A model's constructor does the same for whatever it is given, which takes several times as long.

    Args:
        columns: by the names of the table, `order_id` rather than `order`.
    """
    row = kind.__new__(kind)
    row._state = ModelState()
    values = vars(row)
    for name, default in _defaults(kind):
        values[name] = columns[name] if name in columns else default() if callable(default) else default
    return row


@cache
def _defaults(kind: type[TenantOwned]) -> tuple[tuple[str, Any], ...]:
    return tuple(
        (field.attname, field.default if field.has_default() else field.get_default())
        for field in kind._meta.concrete_fields
    )


def insert(*rows: TenantOwned) -> None:
    """Write new rows, whose keys made by the database are not read back; the write guard holds.

    On PostgreSQL they are one statement, whose foreign keys are checked at its end, and one round trip.
    """
    prepare_writes(rows)
    home = database()
    for sql, own in _plan_inserts(home, tuple(type(row) for row in rows)):
        execute(home, sql, [value for index in own for value in values_of(rows[index], home)])
    for row in rows:
        row._state.adding = False


Kinds = tuple[type[TenantOwned], ...]
_Plan = list[tuple[str, tuple[int, ...]]]
_plans: dict[tuple[str, Kinds], _Plan] = {}


def _plan_inserts(home: BaseDatabaseWrapper, kinds: Kinds) -> _Plan:
    """Which statements write the rows, and which rows each one takes."""
    if (home.vendor, kinds) not in _plans:
        texts = [insert_text(home, kind) for kind in kinds]
        plan: _Plan = [(text, (index,)) for index, text in enumerate(texts)]
        if home.vendor == "postgresql":
            others = ", ".join(f"i{index} AS ({text})" for index, text in enumerate(texts[:-1]))
            plan = [(f"WITH {others} {texts[-1]}" if others else texts[-1], tuple(range(len(kinds))))]
        _plans[home.vendor, kinds] = plan
    return _plans[home.vendor, kinds]


def insert_text(home: BaseDatabaseWrapper, kind: type[TenantOwned]) -> str:
    """The insert of one row."""
    query = InsertQuery(kind)
    query.insert_values(fields_of(kind), [kind()])
    sql: str = query.get_compiler(connection=home).as_sql()[0][0]
    return sql


def values_of(row: TenantOwned, home: BaseDatabaseWrapper) -> Iterator[Any]:
    """The columns as the database takes them; what is taken from elsewhere is left out, or null inside of JSON."""
    for name, prepare in _preparers(type(row), home.vendor):
        value = getattr(row, name)
        kind = type(value)
        if kind is Taken:
            continue
        if prepare is not None:
            yield prepare(value)
        else:
            yield value if kind in _NATIVE else _plain(value)


_NATIVE = frozenset((UUID, datetime, int, str, Decimal, bool, type(None)))
"""What psycopg takes as it is, in columns of such a type."""


def _plain(value: Any) -> Any:
    """A choice goes in as its text."""
    return str(value) if isinstance(value, str) else value


_Preparer = tuple[str, Callable[[Any], Any] | None]


@cache
def _preparers(kind: type[TenantOwned], vendor: str) -> tuple[_Preparer, ...]:
    return tuple((field.attname, _preparer(field, vendor)) for field in fields_of(kind))


def _preparer(field: "Field[Any, Any]", vendor: str) -> Callable[[Any], Any] | None:
    """How a column's value becomes the database's; None where psycopg takes it as it is."""

    def prepare(value: Any) -> Any:
        return field.get_db_prep_save(value, database())

    if vendor != "postgresql":
        return prepare
    if isinstance(field, JSONField):
        return _jsonb
    return lru_cache(maxsize=1024)(prepare) if isinstance(field, GenericIPAddressField) else None


def _jsonb(value: Any) -> Jsonb:
    return Jsonb(value, dumps=_dumps)


def _dumps(value: Any) -> bytes:
    return orjson.dumps(value, default=_nothing)


def _nothing(value: Any) -> None:
    if not isinstance(value, Taken):
        raise TypeError


@cache
def fields_of(kind: type[TenantOwned]) -> "list[Field[Any, Any]]":
    return [field for field in kind._meta.concrete_fields if not isinstance(field, AutoField)]

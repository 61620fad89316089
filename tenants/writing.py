"""Constant SQL for writes: new rows, and updates on which new rows depend (see `tenants.prepared`)."""

from collections.abc import Callable, Iterator
from contextlib import nullcontext
from datetime import datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

import orjson
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import (
    AutoField,
    CharField,
    DateTimeField,
    F,
    Field,
    GenericIPAddressField,
    IntegerField,
    JSONField,
    QuerySet,
    UUIDField,
)
from django.db.models.base import ModelState
from django.db.models.sql.subqueries import InsertQuery, UpdateQuery
from psycopg.types.json import Jsonb

from tenants.prepared import TENANT, Text, database, execute, reader, stand_ins
from tenants.scoping import TenantOwned, current_scope, current_tenant_id, tenant_scope

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


class PreparedUpdate(Generic[_Owned]):
    """A write to rows of the scope's one tenant whose shape never changes; gives the rows as they are then.

    Args:
        build: makes the queryset of the rows from keyword arguments.
        change: makes the new values from the same arguments.
        parameters: the arguments and their types.
    """

    def __init__(
        self,
        build: Callable[..., QuerySet[Any, _Owned]],
        change: Callable[..., dict[str, Any]],
        **parameters: type,
    ) -> None:
        self._build = build
        self._change = change
        self._parameters = parameters
        self._compiled: dict[str, tuple[Text, Callable[[Any], list[_Owned]]]] = {}

    def execute(self, **values: Any) -> list[_Owned]:
        """Write, and return the rows that it touched."""
        home = database()
        text, read = self._compiled.get(home.vendor) or self._compile(home)
        values[TENANT] = current_tenant_id()
        return read(execute(home, text.sql, text.bind(values)))

    def execute_and_insert(self, *rows: TenantOwned, **values: Any) -> bool:
        """Write to one row at most, and insert the new rows if there was one; both or neither. Says whether.

        What is `Taken` in the new rows comes from the row as it is after the write, and is there afterwards.
        On PostgreSQL it is one statement, which needs no transaction around it.
        """
        if current_scope().is_provisional:  # a tenant without a row of its own has none to touch
            return False
        home = database()
        if home.vendor == "postgresql":
            return self._in_one_statement(home, rows, values)
        with transaction.atomic():
            touched = self.execute(**values)
            if touched:
                for row in rows:
                    _fill(row, _taken(row), lambda name: getattr(touched[0], name))
                insert(*rows)
        return bool(touched)

    def _in_one_statement(
        self, home: BaseDatabaseWrapper, rows: tuple[TenantOwned, ...], values: dict[str, Any]
    ) -> bool:
        for row in rows:
            row.prepare_write()
        text, _ = self._compiled.get(home.vendor) or self._compile(home)
        values[TENANT] = current_tenant_id()
        taken = tuple(_taken(row) for row in rows)
        columns = [value for row in rows for value in _values(row, home)]
        guarded = _guarded(home, text.sql, tuple(type(row) for row in rows), taken)
        savepoint = transaction.atomic() if home.in_atomic_block else nullcontext()
        with savepoint:
            found = execute(home, guarded.sql, [*text.bind(values), *columns])
        for row, mine in zip(rows, taken, strict=True):
            row._state.adding = not found
            if found and mine:
                _fill(row, mine, lambda name: found[0][guarded.names.index(name)])
        return bool(found)

    def _compile(self, home: BaseDatabaseWrapper) -> tuple[Text, Callable[[Any], list[_Owned]]]:
        named = stand_ins({**self._parameters, TENANT: UUID})
        arguments = {name: named[name] for name in self._parameters}
        with tenant_scope(named[TENANT]):
            rows = self._build(**arguments)
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(self._change(**arguments))
        sql, parameters = query.get_compiler(connection=home).as_sql()
        compiler = rows.query.get_compiler(connection=home)
        compiler.as_sql()
        columns = ", ".join(home.ops.quote_name(field.column) for field in rows.model._meta.concrete_fields)
        compiled = Text(home, f"{sql} RETURNING {columns}", parameters, named), reader(rows, compiler)
        self._compiled[home.vendor] = compiled
        return compiled


class PreparedChange(Generic[_Owned]):
    """A compare-and-set of any columns of one row, on the version that was read."""

    def __init__(self, kind: type[_Owned]) -> None:
        self._kind = kind
        self._updates: dict[tuple[str, ...], PreparedUpdate[_Owned]] = {}

    def execute(self, pk: UUID, seen_version: int, **values: Any) -> bool:
        """Write the values and count the version up; says whether the row was still of that version.

        Args:
            values: by the names of the columns: texts, whole numbers, ids, times or None.
        """
        names = tuple(values)
        update = self._updates.get(names) or self._prepared(names)
        return bool(update.execute(pk=pk, seen_version=seen_version, **values))

    def _prepared(self, names: tuple[str, ...]) -> PreparedUpdate[_Owned]:
        def rows(pk: UUID, seen_version: int, **_: Any) -> QuerySet[Any, _Owned]:
            versioned: Any = self._kind._default_manager  # of a model with a version
            found: QuerySet[Any, _Owned] = versioned.filter(pk=pk, version=seen_version)
            return found

        def change(pk: UUID, seen_version: int, **values: Any) -> dict[str, Any]:
            return values | {"version": F("version") + 1}

        types = {name: _type_of(self._kind._meta.get_field(name)) for name in names}
        self._updates[names] = PreparedUpdate(rows, change, pk=UUID, seen_version=int, **types)
        return self._updates[names]


def _type_of(field: Any) -> type:
    for kind, value in ((DateTimeField, datetime), (IntegerField, int), (UUIDField, UUID), (CharField, str)):
        if isinstance(field, kind):
            return value
    raise TypeError(field)


def insert(*rows: TenantOwned) -> None:
    """Write new rows, whose keys made by the database are not read back; the write guard holds.

    On PostgreSQL they are one statement, whose foreign keys are checked at its end, and one round trip.
    """
    for row in rows:
        row.prepare_write()
    home = database()
    for sql, own in _plan_inserts(home, tuple(type(row) for row in rows)):
        execute(home, sql, [value for index in own for value in _values(rows[index], home)])
    for row in rows:
        row._state.adding = False


_Kinds = tuple[type[TenantOwned], ...]
_Plan = list[tuple[str, tuple[int, ...]]]
_plans: dict[tuple[str, _Kinds], _Plan] = {}


def _plan_inserts(home: BaseDatabaseWrapper, kinds: _Kinds) -> _Plan:
    """Which statements write the rows, and which rows each one takes."""
    if (home.vendor, kinds) not in _plans:
        texts = [_insert_text(home, kind) for kind in kinds]
        plan: _Plan = [(text, (index,)) for index, text in enumerate(texts)]
        if home.vendor == "postgresql":
            others = ", ".join(f"i{index} AS ({text})" for index, text in enumerate(texts[:-1]))
            plan = [(f"WITH {others} {texts[-1]}" if others else texts[-1], tuple(range(len(kinds))))]
        _plans[home.vendor, kinds] = plan
    return _plans[home.vendor, kinds]


class _Guarded(NamedTuple):
    """A statement of an update and dependent inserts, and the columns that it gives of the row it touched."""

    sql: str
    names: tuple[str, ...]


_Place = tuple[str, tuple[str, ...], str]
"""Where something is taken: the field, the path inside its JSON, and the column it comes from."""
_Places = tuple[_Place, ...]
_guarded_texts: dict[tuple[str, _Kinds, tuple[_Places, ...]], _Guarded] = {}


def _guarded(home: BaseDatabaseWrapper, update: str, kinds: _Kinds, taken: tuple[_Places, ...]) -> _Guarded:
    """One statement of an update and of inserts that take place if it touches a row."""
    key = (update, kinds, taken)
    if key not in _guarded_texts:
        inserts = (
            f"i{index} AS ({_dependent_text(home, kind, places)})"
            for index, (kind, places) in enumerate(zip(kinds, taken, strict=True))
        )
        names = tuple({name: None for places in taken for _, _, name in places})
        with_inserts = ", ".join((f"touched AS ({update})", *inserts))
        _guarded_texts[key] = _Guarded(f"WITH {with_inserts} SELECT {', '.join(names) or 1} FROM touched", names)  # noqa: S608  # our own compiled texts
    return _guarded_texts[key]


def _insert_text(home: BaseDatabaseWrapper, kind: type[TenantOwned]) -> str:
    """The insert of one row."""
    query = InsertQuery(kind)
    query.insert_values(_fields(kind), [kind()])
    sql: str = query.get_compiler(connection=home).as_sql()[0][0]
    return sql


def _dependent_text(home: BaseDatabaseWrapper, kind: type[TenantOwned], places: _Places) -> str:
    """The insert of one row for each row that was touched."""
    into, _, _ = _insert_text(home, kind).partition(" VALUES ")
    values = ", ".join(_expression(field.attname, places) for field in _fields(kind))
    return f"{into} SELECT {values} FROM touched"  # noqa: S608  # our own compiled texts


def _expression(name: str, places: _Places) -> str:
    """A column's value: a parameter, a column of the touched row, or JSON with such columns in it."""
    expression = "%s"
    for field, path, column in places:
        if field == name and path:
            expression = f"jsonb_set({expression}, '{{{','.join(path)}}}', to_jsonb(touched.{column}::text))"
        elif field == name:
            expression = f"touched.{column}"
    return expression


def _taken(row: TenantOwned) -> _Places:
    """What the row takes from the one that is touched."""
    places: list[_Place] = []
    for field in _fields(type(row)):
        value = row.__dict__.get(field.attname)
        if type(value) is Taken:
            places.append((field.attname, (), value.column))
        elif type(value) is dict:
            places += ((field.attname, path, name) for path, name in _paths(value))
    return tuple(places)


def _paths(tree: dict[str, Any], above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    for key, value in tree.items():
        if type(value) is Taken:
            yield (*above, key), value.column
        elif type(value) is dict:
            yield from _paths(value, (*above, key))


def _fill(row: TenantOwned, places: _Places, column: Callable[[str], Any]) -> None:
    for field, path, name in places:
        if not path:
            setattr(row, field, column(name))
            continue
        tree = getattr(row, field)
        for key in path[:-1]:
            tree = tree[key]
        tree[path[-1]] = str(column(name))


def _values(row: TenantOwned, home: BaseDatabaseWrapper) -> Iterator[Any]:
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
    return tuple((field.attname, _preparer(field, vendor)) for field in _fields(kind))


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
def _fields(kind: type[TenantOwned]) -> "list[Field[Any, Any]]":
    return [field for field in kind._meta.concrete_fields if not isinstance(field, AutoField)]

"""Constant SQL: a queryset or an insert, compiled by the ORM once and then only executed.

Building one ORM query costs several times what running it does; the hot paths (reading an order, placing
one, knowing a token's user) are built once a process from the very models and managers. PostgreSQL keeps a
prepared statement for such a text. The tenancy wall stays: a prepared query is compiled inside a scope, and
its tenant is always the scope's of the moment.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from functools import cache
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Field, Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.db.models.sql.subqueries import InsertQuery, UpdateQuery

from tenants.scoping import TenantOwned, current_tenant_id, tenant_scope

_T = TypeVar("_T")
_Owned = TypeVar("_Owned", bound=TenantOwned)

_TENANT = "tenant"
_STAND_INS: dict[type, Callable[[int], Any]] = {
    UUID: lambda number: UUID(int=(0xFACE << 112) + number),
    int: lambda number: 1_900_000_000 + number,
    datetime: lambda number: datetime(1970, 1, 1, microsecond=number, tzinfo=UTC),
}


def _adapted(value: Any) -> Any:
    """The value as the backend takes it; the ORM would have done this while compiling."""
    if isinstance(value, UUID):
        return value if connection.features.has_native_uuid_field else value.hex
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


class _Text:
    """SQL with the names of its parameters in place."""

    def __init__(self, sql: str, parameters: Sequence[Any], stand_ins: dict[str, Any]) -> None:
        self.sql = sql
        names = {_adapted(value): name for name, value in stand_ins.items()}
        self._slots = tuple((names.get(parameter), parameter) for parameter in parameters)

    def bind(self, values: dict[str, Any]) -> list[Any]:
        return [constant if name is None else _adapted(values[name]) for name, constant in self._slots]


class PreparedQuery(Generic[_T]):
    """A read whose shape never changes.

    Args:
        build: makes the queryset from keyword arguments, inside a scope of one tenant.
        row: makes what is given back of the columns of a `values_list`; models come as they are.
        parameters: the arguments and their types (UUID, int or datetime).
    """

    def __init__(
        self,
        build: Callable[..., QuerySet[Any, Any]],
        *,
        row: Callable[[Sequence[Any]], _T] | None = None,
        **parameters: type,
    ) -> None:
        self._build = build
        self._row = row
        self._parameters = parameters
        self._compiled: dict[str, tuple[_Text, Callable[[Any], list[_T]]]] = {}

    def fetch(self, **values: Any) -> list[_T]:
        """The rows for these arguments, in the scope's one tenant."""
        text, read = self._compiled.get(connection.vendor) or self._compile()
        values[_TENANT] = current_tenant_id()
        with connection.cursor() as cursor:
            cursor.execute(text.sql, text.bind(values))
            return read(cursor.fetchall())

    def first(self, **values: Any) -> _T | None:
        """The first row, or None."""
        rows = self.fetch(**values)
        return rows[0] if rows else None

    def count(self, **values: Any) -> int:
        """How many rows there are; counted in the database, none is read."""
        text, _ = self._compiled.get(connection.vendor) or self._compile()
        values[_TENANT] = current_tenant_id()
        with connection.cursor() as cursor:
            sql = f"SELECT COUNT(*) FROM ({text.sql}) counted"  # noqa: S608  # our own compiled text
            cursor.execute(sql, text.bind(values))
            return int(cursor.fetchone()[0])

    def _compile(self) -> tuple[_Text, Callable[[Any], list[_T]]]:
        stand_ins = _stand_ins({**self._parameters, _TENANT: UUID})
        tenant_id = stand_ins[_TENANT]
        with tenant_scope(tenant_id):
            rows = self._build(**{name: stand_ins[name] for name in self._parameters})
        compiler = rows.query.get_compiler(connection=connection)
        sql, arguments = compiler.as_sql()
        text = _Text(sql, arguments, stand_ins)
        compiled = text, _reader(rows, compiler, self._row)
        self._compiled[connection.vendor] = compiled
        return compiled


def _stand_ins(parameters: dict[str, type]) -> dict[str, Any]:
    return {name: _STAND_INS[kind](number) for number, (name, kind) in enumerate(parameters.items())}


def _reader(
    rows: QuerySet[Any, Any], compiler: SQLCompiler, make: Callable[[Sequence[Any]], Any] | None = None
) -> Callable[[Any], list[Any]]:
    converters = compiler.get_converters([expression for expression, _, _ in compiler.select])
    if make is None and rows.query.default_cols:
        make = _maker(rows.model)

    def read(found: list[tuple[Any, ...]]) -> list[Any]:
        converted = compiler.apply_converters(found, converters) if converters else found
        return list(map(make, converted)) if make else list(converted)

    return read


def _maker(model: type[Model]) -> Callable[[Sequence[Any]], Model]:
    names = [field.attname for field in model._meta.concrete_fields]
    return lambda row: model.from_db(connection.alias, names, row)


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
        self._compiled: dict[str, tuple[_Text, Callable[[Any], list[_Owned]]]] = {}

    def execute(self, **values: Any) -> list[_Owned]:
        """Write, and return the rows that it touched."""
        text, read = self._compiled.get(connection.vendor) or self._compile()
        values[_TENANT] = current_tenant_id()
        with connection.cursor() as cursor:
            cursor.execute(text.sql, text.bind(values))
            return read(cursor.fetchall())

    def execute_and_insert(self, *rows: TenantOwned, **values: Any) -> bool:
        """Write, and insert the rows if that touched one; both or neither. Returns whether it did.

        On PostgreSQL it is one statement, which needs no transaction around it.
        """
        if connection.vendor != "postgresql":
            with transaction.atomic():
                is_done = bool(self.execute(**values))
                if is_done:
                    insert(*rows)
            return is_done
        for row in rows:
            row.prepare_write()
        text, _ = self._compiled.get(connection.vendor) or self._compile()
        values[_TENANT] = current_tenant_id()
        database = connections[connection.alias]
        columns = [value for row in rows for value in _values(row, database)]
        savepoint = transaction.atomic() if connection.in_atomic_block else nullcontext()
        with savepoint, database.cursor() as cursor:
            cursor.execute(_guarded(text.sql, rows), [*text.bind(values), *columns])
            is_done = bool(cursor.fetchone()[0])
        for row in rows:
            row._state.adding = not is_done
        return is_done

    def _compile(self) -> tuple[_Text, Callable[[Any], list[_Owned]]]:
        stand_ins = _stand_ins({**self._parameters, _TENANT: UUID})
        arguments = {name: stand_ins[name] for name in self._parameters}
        with tenant_scope(stand_ins[_TENANT]):
            rows = self._build(**arguments)
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(self._change(**arguments))
        sql, parameters = query.get_compiler(connection=connection).as_sql()
        compiler = rows.query.get_compiler(connection=connection)
        compiler.as_sql()
        columns = ", ".join(connection.ops.quote_name(field.column) for field in rows.model._meta.concrete_fields)
        compiled = _Text(f"{sql} RETURNING {columns}", parameters, stand_ins), _reader(rows, compiler)
        self._compiled[connection.vendor] = compiled
        return compiled


def insert(*rows: TenantOwned) -> None:
    """Write new rows, whose keys made by the database are not read back; the write guard holds.

    On PostgreSQL they are one statement, whose foreign keys are checked at its end, and one round trip.
    """
    for row in rows:
        row.prepare_write()
    kinds = tuple(type(row) for row in rows)
    plan = _insert_plans.get((connection.vendor, kinds)) or _plan_inserts(rows)
    database = connections[connection.alias]
    with database.cursor() as cursor:
        for sql, own in plan:
            cursor.execute(sql, [value for index in own for value in _values(rows[index], database)])
    for row in rows:
        row._state.adding = False


_Plan = list[tuple[str, tuple[int, ...]]]
_insert_plans: dict[tuple[str, tuple[type[TenantOwned], ...]], _Plan] = {}


def _plan_inserts(rows: tuple[TenantOwned, ...]) -> _Plan:
    """Which statements write the rows, and which rows each one takes."""
    texts = [_insert_text(row) for row in rows]
    plan: _Plan = [(text, (index,)) for index, text in enumerate(texts)]
    if connection.vendor == "postgresql":
        others = ", ".join(f"i{index} AS ({text})" for index, text in enumerate(texts[:-1]))
        plan = [(f"WITH {others} {texts[-1]}" if others else texts[-1], tuple(range(len(rows))))]
    _insert_plans[connection.vendor, tuple(type(row) for row in rows)] = plan
    return plan


def _guarded(update: str, rows: tuple[TenantOwned, ...]) -> str:
    """One statement of an update and of inserts that take place if it touches a row."""
    key = (update, *(type(row) for row in rows))
    if key not in _guarded_texts:
        inserts = (f"i{index} AS ({_insert_text(row, 'touched')})" for index, row in enumerate(rows))
        with_inserts = ", ".join((f"touched AS ({update})", *inserts))
        _guarded_texts[key] = f"WITH {with_inserts} SELECT count(*) FROM touched"  # noqa: S608  # our own compiled texts
    return _guarded_texts[key]


_guarded_texts: dict[tuple[Any, ...], str] = {}


def _insert_text(row: TenantOwned, source: str = "") -> str:
    """The insert of one row; with a source, once for each of its rows."""
    query = InsertQuery(type(row))
    query.insert_values(_insert_fields(type(row)), [row])
    sql: str = query.get_compiler(connection=connection).as_sql()[0][0]
    if not source:
        return sql
    into, _, values = sql.partition(" VALUES ")
    return f"{into} SELECT {values.removeprefix('(').removesuffix(')')} FROM {source}"  # noqa: S608  # our own compiled text


def _values(row: TenantOwned, database: BaseDatabaseWrapper) -> Iterator[Any]:
    """The columns as the database takes them; it comes without the thread-local proxy, which costs more than most."""
    is_native = database.vendor == "postgresql"
    for field in _insert_fields(type(row)):
        value = getattr(row, field.attname)
        if is_native and type(value) in _NATIVE:
            yield value
        else:
            yield field.get_db_prep_save(value, database)


_NATIVE = frozenset((UUID, datetime, int))
"""What psycopg takes as it is, whatever the field."""


@cache
def _insert_fields(model: type[TenantOwned]) -> "list[Field[Any, Any]]":
    return [field for field in model._meta.concrete_fields if not isinstance(field, AutoField)]

"""Constant SQL: a queryset, compiled by the ORM once and then only executed; `database.updates`,
`database.inserts` and `database.units` have the writes.

Building one ORM query costs several times what running it does; the hot paths (reading an order, placing
one, knowing a token's user) are built once a process from the very models and managers. PostgreSQL keeps a
prepared statement for such a text. The tenancy wall stays: a prepared query is compiled inside a scope, and
its tenant is always the scope's of the moment.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from database.executor import Wire
from tenants.scoping import current_tenant_id, tenant_scope

_T = TypeVar("_T")

TENANT = "tenant"
_STAND_INS: dict[type, Callable[[int], Any]] = {
    UUID: lambda number: UUID(int=(0xFACE << 112) + number),
    int: lambda number: 1_900_000_000 + number,
    str: lambda number: f"stand-in {number}",
    Decimal: lambda number: Decimal(1_800_000 + number),
    datetime: lambda number: datetime(1970, 1, 1, microsecond=number, tzinfo=UTC),
}


def database() -> BaseDatabaseWrapper:
    """This thread's connection, without the proxy in front of it, which costs more than most of what it is asked."""
    return connections[DEFAULT_DB_ALIAS]


def by_itself() -> AbstractContextManager[object]:
    """Around statements that have to be committed when they are done; raises RuntimeError inside a transaction."""
    return transaction.atomic(durable=True) if database().in_atomic_block else nullcontext()


def execute(home: BaseDatabaseWrapper, sql: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run a statement, and give its rows if it has any.

    On PostgreSQL it goes by `database.executor`; inside a transaction by a cursor that the connection's statements
    share, for making one costs more than running most of them. Whoever counts or wraps queries gets Django's own
    cursors.
    """
    if home.vendor == "postgresql" and not home.queries_logged and not home.execute_wrappers:
        home.close_if_health_check_failed()
        home.ensure_connection()
        home.validate_no_broken_transaction()
        kept = _kept(home)
        with home.wrap_database_errors:
            if home.autocommit:
                return kept.wire.run(sql, values)
            return _rows(kept.cursor.execute(sql, values))
    with home.cursor() as cursor:
        cursor.execute(sql, values)
        return _rows(cursor)


def _rows(cursor: Any) -> list[tuple[Any, ...]]:
    return list(cursor.fetchall()) if cursor.description else []


class _Kept:
    """What is kept beside a thread's connection to PostgreSQL as long as that is open."""

    def __init__(self, home: BaseDatabaseWrapper) -> None:
        self.connection: Any = home.connection
        self.cursor = home.create_cursor()
        self.wire = Wire(self.connection)


def _kept(home: BaseDatabaseWrapper) -> _Kept:
    kept: _Kept | None = vars(home).get("kept")
    if kept is None or kept.connection is not home.connection:
        kept = vars(home)["kept"] = _Kept(home)
    return kept


class Text:
    """SQL with the names of its parameters in place, in the words of one database."""

    def __init__(self, home: BaseDatabaseWrapper, sql: str, parameters: Sequence[Any], named: dict[str, Any]) -> None:
        self.sql = sql
        self._adapt = _adapter(home)
        names = {self._adapt(value): name for name, value in named.items()}
        self._slots = tuple((names.get(parameter), parameter) for parameter in parameters)

    def bind(self, values: dict[str, Any]) -> list[Any]:
        adapt = self._adapt
        return [constant if name is None else adapt(values[name]) for name, constant in self._slots]


def _adapter(home: BaseDatabaseWrapper) -> Callable[[Any], Any]:
    """How the backend takes a value; the ORM would have done this while compiling."""
    if home.vendor == "postgresql":
        return lambda value: value

    def adapt(value: Any) -> Any:
        if isinstance(value, UUID):
            return value.hex
        return home.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value

    return adapt


class PreparedQuery(Generic[_T]):
    """A read whose shape never changes.

    Args:
        build: makes the queryset from keyword arguments, inside a scope of one tenant.
        row: makes what is given back of the columns of a `values_list`; models come as they are.
        parameters: the arguments and their types (UUID, int, str, Decimal or datetime).
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
        self._compiled: dict[str, tuple[Text, Callable[[Any], list[_T]]]] = {}

    def fetch(self, **values: Any) -> list[_T]:
        """The rows for these arguments, in the scope's one tenant."""
        home = database()
        text, read = self._compiled.get(home.vendor) or self._compile(home)
        values[TENANT] = current_tenant_id()
        return read(execute(home, text.sql, text.bind(values)))

    def first(self, **values: Any) -> _T | None:
        """The first row, or None."""
        rows = self.fetch(**values)
        return rows[0] if rows else None

    def count(self, **values: Any) -> int:
        """How many rows there are; counted in the database, none is read."""
        home = database()
        text, _ = self._compiled.get(home.vendor) or self._compile(home)
        values[TENANT] = current_tenant_id()
        sql = f"SELECT COUNT(*) FROM ({text.sql}) counted"  # noqa: S608  # our own compiled text
        return int(execute(home, sql, text.bind(values))[0][0])

    def _compile(self, home: BaseDatabaseWrapper) -> tuple[Text, Callable[[Any], list[_T]]]:
        named = stand_ins({**self._parameters, TENANT: UUID})
        with tenant_scope(named[TENANT]):
            rows = self._build(**{name: named[name] for name in self._parameters})
        compiler = rows.query.get_compiler(connection=home)
        sql, arguments = compiler.as_sql()
        compiled = Text(home, sql, arguments, named), reader(rows, compiler, self._row)
        self._compiled[home.vendor] = compiled
        return compiled


def stand_ins(parameters: dict[str, type]) -> dict[str, Any]:
    """Values that are found again in a compiled statement, one for each parameter."""
    return {name: _STAND_INS[kind](number) for number, (name, kind) in enumerate(parameters.items())}


def reader(
    rows: QuerySet[Any, Any], compiler: SQLCompiler, make: Callable[[Sequence[Any]], Any] | None = None
) -> Callable[[Any], list[Any]]:
    """What turns the columns that a compiled statement gives into values, rows or models."""
    converters = compiler.get_converters([expression for expression, _, _ in compiler.select])
    if make is None and rows.query.default_cols:
        make = _maker(rows.model)

    def read(found: list[tuple[Any, ...]]) -> list[Any]:
        converted = compiler.apply_converters(found, converters) if converters else found
        return list(map(make, converted)) if make else list(converted)

    return read


def _maker(model: type[Model]) -> Callable[[Sequence[Any]], Model]:
    names = [field.attname for field in model._meta.concrete_fields]
    return lambda row: model.from_db(DEFAULT_DB_ALIAS, names, row)

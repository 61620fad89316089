"""Constant SQL for updates: one row or some, by a shape that never changes (see `database.compiled`)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CharField, DateTimeField, F, IntegerField, QuerySet, UUIDField
from django.db.models.sql.subqueries import UpdateQuery

from database.compiled import TENANT, Text, database, execute, reader, stand_ins
from tenants.scoping import TenantOwned, current_tenant_id, tenant_scope

_Owned = TypeVar("_Owned", bound=TenantOwned)

RETURNING = " RETURNING "


class _Compiled(NamedTuple, Generic[_Owned]):
    text: Text
    read: Callable[[Any], list[_Owned]]
    columns: tuple[str, ...]


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
        self._compiled: dict[str, _Compiled[_Owned]] = {}

    def execute(self, **values: Any) -> list[_Owned]:
        """Write, and return the rows that it touched."""
        home = database()
        compiled = self._for(home)
        values[TENANT] = current_tenant_id()
        return compiled.read(execute(home, compiled.text.sql, compiled.text.bind(values)))

    def step(self, *rows: TenantOwned, **values: Any) -> "Step":
        """A part of `database.units.write_together`, with the new rows that depend on it."""
        return Step(self, values, rows)

    def text(self, home: BaseDatabaseWrapper, values: dict[str, Any]) -> tuple[str, list[Any]]:
        """The statement for a database, and its parameters."""
        text = self._for(home).text
        return text.sql, text.bind({**values, TENANT: current_tenant_id()})

    def columns(self, home: BaseDatabaseWrapper) -> tuple[str, ...]:
        """What the statement gives of each row."""
        return self._for(home).columns

    def read(self, home: BaseDatabaseWrapper, row: tuple[Any, ...]) -> _Owned:
        """The row of these columns."""
        return self._for(home).read([row])[0]

    def _for(self, home: BaseDatabaseWrapper) -> _Compiled[_Owned]:
        return self._compiled.get(home.vendor) or self._compile(home)

    def _compile(self, home: BaseDatabaseWrapper) -> _Compiled[_Owned]:
        named = stand_ins({**self._parameters, TENANT: UUID})
        arguments = {name: named[name] for name in self._parameters}
        with tenant_scope(named[TENANT]):
            rows = self._build(**arguments)
        compiler = rows.query.get_compiler(connection=home)
        compiler.as_sql()
        text = Text(home, *self._statement(home, rows, arguments), named)
        columns = tuple(field.column for field in rows.model._meta.concrete_fields)
        compiled = self._compiled[home.vendor] = _Compiled(text, reader(rows, compiler), columns)
        return compiled

    def _statement(
        self, home: BaseDatabaseWrapper, rows: QuerySet[Any, _Owned], arguments: dict[str, Any]
    ) -> tuple[str, Sequence[Any]]:
        query: Any = rows.query.chain(UpdateQuery)
        query.add_update_values(self._change(**arguments))
        sql, parameters = query.get_compiler(connection=home).as_sql()
        columns = ", ".join(home.ops.quote_name(field.column) for field in rows.model._meta.concrete_fields)
        return f"{sql}{RETURNING}{columns}", parameters


class Step(NamedTuple):
    """One row that is written or locked, and the new rows that depend on it."""

    update: PreparedUpdate[Any]
    values: dict[str, Any]
    rows: tuple[TenantOwned, ...]


class PreparedLock(PreparedUpdate[_Owned]):
    """Rows that nobody else writes until the transaction, or the statement, ends."""

    def __init__(self, build: Callable[..., QuerySet[Any, _Owned]], **parameters: type) -> None:
        super().__init__(build, dict, **parameters)

    def _statement(
        self, home: BaseDatabaseWrapper, rows: QuerySet[Any, _Owned], arguments: dict[str, Any]
    ) -> tuple[str, Sequence[Any]]:
        with transaction.atomic():  # the ORM compiles a lock in a transaction only
            locking: Any = rows.select_for_update().query.get_compiler(connection=home)
            return locking.as_sql()  # type: ignore[no-any-return]  # of the stubs


class PreparedChange(Generic[_Owned]):
    """A compare-and-set of any columns of one row, on the version that was read."""

    def __init__(self, kind: type[_Owned]) -> None:
        self._kind = kind
        self._updates: dict[tuple[str, ...], PreparedUpdate[_Owned]] = {}

    def step(self, pk: UUID, seen_version: int, **values: Any) -> Step:
        """Writing the values and counting the version up, if the row is still of that version.

        Args:
            values: by the names of the columns: texts, whole numbers, ids, times or None.
        """
        names = tuple(values)
        update = self._updates.get(names) or self._prepared(names)
        return update.step(pk=pk, seen_version=seen_version, **values)

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

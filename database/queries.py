"""Reads with compiled SQL."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any, Generic, ParamSpec, TypeVar

from django.core.exceptions import ObjectDoesNotExist
from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import QuerySet

from database.compiled import TENANT, BoundStatement, CompiledFunction, Statement, make_row_reader
from database.executor import current_connection, execute_statement
from database.templates import SqlTemplate

_T = TypeVar("_T")
_P = ParamSpec("_P")
_FOR_UPDATE = " FOR "


class CompiledRows(BoundStatement[_T]):
    """The rows of a compiled query: what a queryset offers, as far as it is needed."""

    __slots__ = ()

    def __iter__(self) -> Iterator[_T]:
        return iter(self.fetch_all())

    def first(self) -> _T | None:
        """Return the first row, or None."""
        rows = self.fetch_all()
        return rows[0] if rows else None

    def get(self) -> _T:
        """Return the first row; raises ObjectDoesNotExist where there is none."""
        row = self.first()
        if row is None:
            raise ObjectDoesNotExist
        return row

    def count(self) -> int:
        """Count the rows in the database, without reading any."""
        connection = current_connection()
        statement = self.get_statement(connection)
        sql = f"SELECT COUNT(*) FROM ({statement.template.full_text}) counted"  # noqa: S608  # our own compiled text
        return int(execute_statement(connection, sql, self.bind_parameters(statement))[0][0])


class CompiledQuery(CompiledFunction[_T], Generic[_T]):
    """A read whose SQL is compiled once."""

    def __call__(self, *arguments: Any, **keywords: Any) -> CompiledRows[_T]:
        return CompiledRows(self, arguments, keywords)

    def _compile_statement(
        self, connection: BaseDatabaseWrapper, built: QuerySet[Any, _T], sentinels: Mapping[str, Any]
    ) -> Statement[_T]:
        is_lock = built.query.select_for_update
        compiler = built.query.get_compiler(connection=connection)
        with transaction.atomic() if is_lock else nullcontext():  # the ORM compiles a lock in a transaction only
            sql, arguments = compiler.as_sql()
        template = SqlTemplate(connection, sql, arguments, sentinels)
        if is_lock and _FOR_UPDATE in sql:
            template.sql, marker, end = sql.rpartition(_FOR_UPDATE)
            template.tail = marker + end
        columns = tuple(field.column for field in built.model._meta.concrete_fields)
        return Statement(
            template, make_row_reader(built, compiler), columns, template.has_parameter_named(TENANT), is_lock
        )


def compiled_query(build: Callable[_P, QuerySet[Any, _T]]) -> Callable[_P, CompiledRows[_T]]:
    """Compile the queryset of a function once; calls return its rows.

    Without the decorator it is a plain function that returns a queryset. Parameters are described in
    `database.compiled`. A queryset with `select_for_update` can also be the lock of a `unit_of_work`.
    """
    return CompiledQuery(build)

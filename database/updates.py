"""Writes with compiled SQL; a `unit_of_work` carries them out."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, ParamSpec, TypeAlias, TypeVar, cast

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.query import RawQuerySet
from django.db.models.sql.subqueries import UpdateQuery

from database.compiled import TENANT, BoundStatement, CompiledFunction, Statement, make_row_reader
from database.executor import Row
from database.templates import SqlTemplate

_T = TypeVar("_T", bound=Model)
_P = ParamSpec("_P")
Update: TypeAlias = "tuple[QuerySet[Any, _T], dict[str, Any]] | RawQuerySet[_T]"
"""The rows and the new values of their columns; or raw SQL."""


class Write(BoundStatement[_T]):
    """An update with the values of one call; it returns the rows that it touched, as they are then."""

    __slots__ = ()


class CompiledUpdate(CompiledFunction[_T], Generic[_T]):
    """A write whose SQL is compiled once."""

    def __call__(self, *arguments: Any, **keywords: Any) -> Write[_T]:
        return Write(self, arguments, keywords)

    def _compile_statement(
        self,
        connection: BaseDatabaseWrapper,
        built: "tuple[QuerySet[Any, _T], dict[str, Any]] | RawQuerySet[_T]",
        sentinels: Mapping[str, Any],
    ) -> Statement[_T]:
        model, sql, arguments = _compile_update_parts(connection, built)
        columns = tuple([str(field.column) for field in model._meta.concrete_fields])
        template = SqlTemplate(connection, sql, arguments, sentinels)
        template.tail = f" RETURNING {', '.join(map(connection.ops.quote_name, columns))}"
        return Statement(template, _make_row_reader(connection, model), columns, template.has_parameter_named(TENANT))


def _compile_update_parts(connection: BaseDatabaseWrapper, built: Any) -> tuple[type[Any], str, Sequence[Any]]:
    if isinstance(built, RawQuerySet):
        return cast("type[Any]", built.model), str(built.raw_query), tuple(built.params or ())
    rows, changes = built
    query: Any = rows.query.chain(UpdateQuery)
    query.add_update_values(changes)
    sql, arguments = query.get_compiler(connection=connection).as_sql()
    return rows.model, sql, arguments


def _make_row_reader(connection: BaseDatabaseWrapper, model: type[_T]) -> Callable[[list[Row]], list[_T]]:
    """Return what makes models of all their columns, whatever manager they have."""
    whole_rows: QuerySet[_T] = QuerySet(model=model)
    compiler = whole_rows.query.get_compiler(connection=connection)
    compiler.as_sql()
    return make_row_reader(whole_rows, compiler)


def compiled_update(
    build: Callable[_P, "Update[_T]"],
) -> Callable[_P, Write[_T]]:
    """Compile the update of a function once; a call is a write for a `unit_of_work`.

    Without the decorator it is a plain function that returns the rows, as a queryset, and a mapping of columns to
    their new values (or raw SQL, `Model.objects.raw`, for what the ORM has no words for; RETURNING is added).
    Parameters are described in `database.compiled`.
    """
    return CompiledUpdate(build)

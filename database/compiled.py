"""Functions that are compiled to one SQL text a database: their parameters, their statements, and a call's values.

Positional parameters become placeholders; their annotations say of which type they are (UUID, int, str, Decimal,
datetime or a subclass). Keyword-only parameters belong to the shape: there is one statement for each of their values.
Where the function takes `**columns`, each set of columns is a shape, and the values are bound.
"""

import inspect
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from typing import Any, Generic, NamedTuple, TypeVar
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model, QuerySet
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError

from database.executor import Row, current_connection, execute_statement
from database.templates import SqlTemplate, make_sentinels
from tenants.scoping import ALL_TENANTS, current_tenant_id, record_wide_scopes, reopen_scope, tenant_scope

_T = TypeVar("_T")
TENANT = "tenant of the scope"
"""The name of the parameter that every statement with a tenant has; it cannot be a function's."""

_Shape = tuple[tuple[str, Any], ...]
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Statement(NamedTuple, Generic[_T]):
    """A compiled statement.

    Attributes:
        read: turns rows of the database into what the statement gives, models for instance.
        columns: the names of what it returns, in their order.
        has_tenant: its rows belong to the tenant of the scope.
        is_lock: it locks rows, which takes a transaction.
        is_for_all: it reads rows of every tenant, because its function opens `all_tenants` while it is compiled.
    """

    template: SqlTemplate
    read: Callable[[list[Row]], list[_T]]
    columns: tuple[str, ...] = ()
    has_tenant: bool = True
    is_lock: bool = False
    is_for_all: bool = False


class CompiledFunction(ABC, Generic[_T]):
    """A function whose statements are compiled at their first call, one for each database and shape."""

    def __init__(self, build: Callable[..., Any]) -> None:
        self._build = build
        self.__doc__, self.__wrapped__ = build.__doc__, build
        self._signature = inspect.signature(build)
        parameters = self._signature.parameters.values()
        self._types = {one.name: one.annotation for one in parameters if one.kind in _POSITIONAL}
        self._defaults = {one.name: one.default for one in parameters if one.kind is inspect.Parameter.KEYWORD_ONLY}
        self._names = tuple(self._types)
        self._takes_columns = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in parameters)
        self._statements: dict[tuple[str, _Shape], Statement[_T]] = {}

    def bind_arguments(self, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[_Shape, dict[str, Any]]:
        """Return the shape of a call and the values of its placeholders.

        Raises:
            TypeError: the function does not take these arguments.
        """
        values = dict(zip(self._names, arguments, strict=False))
        if (
            len(values) == len(self._names)
            and keywords.keys() == self._defaults.keys()
            and len(arguments) == len(values)
        ):
            return tuple(keywords.items()), values
        shape: list[tuple[str, Any]] = []
        for name, value in (self._defaults | keywords).items():
            if name in self._types:
                values[name] = value
            elif name in self._defaults or value is None:
                shape.append((name, value))
            else:
                shape.append((name, type(value)))
                values[name] = value
        if len(arguments) > len(self._names) or any(name not in values for name in self._names):
            self._signature.bind(*arguments, **keywords)
        return tuple(shape), values

    def compile_shape_once(self, connection: BaseDatabaseWrapper, shape: _Shape) -> Statement[_T]:
        """Return the statement of a shape, compiled once."""
        key = connection.vendor, shape
        statement = self._statements.get(key)
        if statement is None:
            statement = self._statements[key] = self._compile_shape(connection, shape)
        return statement

    def _compile_shape(self, connection: BaseDatabaseWrapper, shape: _Shape) -> Statement[_T]:
        constants = {name: value for name, value in shape if name in self._defaults or value is None}
        columns = {name: kind for name, kind in shape if name not in constants}
        if inspect.Parameter.empty in constants.values() or (columns and not self._takes_columns):
            raise TypeError(f"{self._build.__qualname__} does not take these keyword arguments: {dict(shape)}.")
        sentinels = make_sentinels({**self._types, **columns, TENANT: UUID})
        arguments = {name: value for name, value in sentinels.items() if name != TENANT}
        with tenant_scope(sentinels[TENANT]), record_wide_scopes() as reasons:
            built = self._build(**arguments, **constants)
            statement = self._compile_statement(connection, built, sentinels)
        return statement._replace(is_for_all=bool(reasons))

    @abstractmethod
    def _compile_statement(
        self, connection: BaseDatabaseWrapper, built: Any, sentinels: Mapping[str, Any]
    ) -> Statement[_T]: ...


class BoundStatement(Generic[_T]):
    """A compiled function with the values of one call; nothing has been sent yet."""

    __slots__ = ("_function", "_shape", "_values")

    def __init__(self, function: CompiledFunction[_T], arguments: tuple[Any, ...], keywords: dict[str, Any]) -> None:
        self._function = function
        self._shape, self._values = function.bind_arguments(arguments, keywords)

    def get_statement(self, connection: BaseDatabaseWrapper) -> Statement[_T]:
        """Return the statement for a database."""
        return self._function.compile_shape_once(connection, self._shape)

    def bind_parameters(self, statement: Statement[_T]) -> Sequence[Any]:
        """Return what goes into the statement's placeholders, the scope's tenant among it.

        Raises:
            NoTenantScope: it needs the scope of one tenant.
        """
        if statement.has_tenant:
            self._values[TENANT] = current_tenant_id()
        return statement.template.bind_values(self._values)

    def fetch_all(self) -> list[_T]:
        """Run the statement by itself and return its rows.

        Raises:
            TransactionManagementError: it locks rows, and there is no transaction.
        """
        connection = current_connection()
        statement = self.get_statement(connection)
        if statement.is_lock and not connection.in_atomic_block:
            raise TransactionManagementError("select_for_update cannot be used outside of a transaction.")
        parameters = self.bind_parameters(statement)
        with reopen_scope(ALL_TENANTS) if statement.is_for_all else nullcontext():
            return statement.read(execute_statement(connection, statement.template.full_text, parameters))


def make_row_reader(rows: QuerySet[Any, Any], compiler: SQLCompiler) -> Callable[[list[Row]], list[Any]]:
    """Return what turns the rows of a compiled statement into tuples or models, as the queryset does."""
    converters = compiler.get_converters([expression for expression, _, _ in compiler.select])
    make = make_model_loader(rows.model) if rows.query.default_cols else None

    def read_rows(found: list[Row]) -> list[Any]:
        converted = compiler.apply_converters(found, converters) if converters else found
        return list(map(make, converted)) if make else list(converted)

    return read_rows


def make_model_loader(model: type[Model]) -> Callable[[Sequence[Any]], Model]:
    """Return what makes a model of its columns."""
    names = [field.attname for field in model._meta.concrete_fields]
    return lambda row: model.from_db(DEFAULT_DB_ALIAS, names, row)

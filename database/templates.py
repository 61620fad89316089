"""SQL texts whose parameters have names, and the placeholder values by which the parameters are found."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db.backends.base.base import BaseDatabaseWrapper

_SENTINELS: dict[type, Callable[[int], Any]] = {
    UUID: lambda number: UUID(int=(0xFACE << 112) + number),
    int: lambda number: 1_900_000_000 + number,
    str: lambda number: f"sentinel {number}",
    Decimal: lambda number: Decimal(1_800_000 + number),
    datetime: lambda number: datetime(1970, 1, 1, microsecond=number, tzinfo=UTC),
}


def make_sentinels(parameters: Mapping[str, type]) -> dict[str, Any]:
    """Return a value for each parameter by which it is found among the arguments of the compiled statement.

    Raises:
        TypeError: a parameter is no UUID, int, str, Decimal or datetime.
    """
    return {name: _make_sentinel(number, kind) for number, (name, kind) in enumerate(parameters.items())}


def _make_sentinel(number: int, kind: type) -> Any:
    for known, make in _SENTINELS.items():
        if issubclass(kind, known):
            return make(number)
    raise TypeError(f"A compiled statement takes no parameters of the type {kind.__name__}.")


class SqlTemplate:
    """SQL of one database, and for each of its placeholders the parameter's name or a constant.

    Attributes:
        sql: up to where a condition may be added.
        tail: the rest of the text, without any placeholder: what is returned, or FOR UPDATE.
    """

    def __init__(
        self, connection: BaseDatabaseWrapper, sql: str, arguments: Iterable[Any], sentinels: Mapping[str, Any]
    ) -> None:
        self.sql, self.tail = sql, ""
        self._adapt = None if connection.vendor == "postgresql" else _make_sqlite_adapter(connection)
        names = {}
        for name, value in sentinels.items():
            names[value] = names[self._adapt(value) if self._adapt else value] = name
        self._slots = tuple((names.get(argument), argument) for argument in arguments)

    @cached_property
    def full_text(self) -> str:
        """The whole statement."""
        return self.sql + self.tail

    def has_parameter_named(self, name: str) -> bool:
        """Say whether the statement has a placeholder for this parameter."""
        return any(name == taken for taken, _ in self._slots)

    def bind_values(self, values: Mapping[str, Any]) -> Sequence[Any]:
        """Return what goes into the placeholders, in their order."""
        adapt = self._adapt
        if adapt is None:
            return [constant if name is None else values[name] for name, constant in self._slots]
        return [constant if name is None else adapt(values[name]) for name, constant in self._slots]


def _make_sqlite_adapter(connection: BaseDatabaseWrapper) -> Callable[[Any], Any]:
    """Return what turns a value into SQLite's, as the ORM does while it compiles."""

    def adapt_value(value: Any) -> Any:
        if isinstance(value, UUID):
            return value.hex
        return connection.ops.adapt_datetimefield_value(value) if isinstance(value, datetime) else value

    return adapt_value

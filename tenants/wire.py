"""Prepared statements straight at libpq (psycopg.pq), for the constant SQL of `tenants.prepared`.

A cursor decides anew for each statement how to bind, whether to prepare and how to read; for a text that never
changes this takes several times as long as PostgreSQL does. Here it is decided once a connection.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg import Connection, DataError, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

Row = tuple[Any, ...]
_GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


def _text(value: str) -> bytes:
    if "\0" in value:  # libpq would end the text there
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


_Dumper = tuple[int, Callable[[Any], Any]]
_DUMPERS: dict[type, _Dumper] = {
    UUID: (2950, lambda value: value.hex.encode()),
    datetime: (1184, lambda value: value.isoformat().encode()),
    str: (0, _text),
    int: (0, lambda value: b"%d" % value),
    bool: (0, lambda value: b"t" if value else b"f"),
    Decimal: (1700, lambda value: str(value).encode()),
    type(None): (0, lambda _: None),
}
"""By type: PostgreSQL's number for it (0: whatever stands there in the statement) and its text."""


class Wire:
    """What a connection has prepared. It begins no transactions and is not for use inside of one."""

    def __init__(self, connection: Connection[Any]) -> None:
        self._libpq = connection.pgconn
        self._adapt = Transformer.from_context(connection)
        self._names: dict[tuple[str, tuple[int, ...]], bytes] = {}

    def run(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Run a statement by itself, and give its rows.

        Raises:
            psycopg.Error: as a cursor would.
        """
        dumped = [_DUMPERS.get(type(value)) or self._dumper(value) for value in values]
        texts = [dump(value) for (_, dump), value in zip(dumped, values, strict=True)]
        key = sql, tuple([number for number, _ in dumped])
        name = self._names.get(key) or self._prepare(*key)
        try:
            return self._rows(self._libpq.exec_prepared(name, texts))
        except InvalidSqlStatementName:  # psycopg lets the server forget all statements after a rollback
            self._names.clear()
            return self._rows(self._libpq.exec_prepared(self._prepare(*key), texts))

    def _dumper(self, value: Any) -> "_Dumper":
        dumper = self._adapt.get_dumper(value, PyFormat.TEXT)
        return dumper.oid, dumper.dump

    def _prepare(self, sql: str, types: tuple[int, ...]) -> bytes:
        name = b"petstore_%d" % len(self._names)
        self._checked(self._libpq.prepare(name, _numbered(sql), types))
        self._names[sql, types] = name
        return name

    def _rows(self, result: PGresult) -> list[Row]:
        self._checked(result)
        if not result.ntuples:
            return []
        self._adapt.set_pgresult(result)
        return self._adapt.load_rows(0, result.ntuples, tuple)

    def _checked(self, result: PGresult) -> None:
        if result.status in _GOOD:
            return
        if self._libpq.status == ConnStatus.BAD:
            raise OperationalError(result.error_message.decode(errors="replace"))
        raise error_from_result(result)


def _numbered(sql: str) -> bytes:
    """The statement with $1, $2, … for its placeholders."""
    head, *tails = sql.split("%s")
    text = head + "".join(f"${number}{tail}" for number, tail in enumerate(tails, 1))
    return text.replace("%%", "%").encode()

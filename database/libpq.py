"""Run prepared statements straight at libpq (psycopg.pq), for the compiled SQL of this package.

A cursor decides anew for each statement how to bind, whether to prepare and how to read; for a text that never
changes this takes several times as long as PostgreSQL does. Here it is decided once a connection.

A statement's name is a digest of its text and types, so a server connection that a pooler hands from client to client
never holds another text under that name. Callers cannot notice what the server has or has not prepared.
"""

import hashlib
import select
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any
from uuid import UUID

from psycopg import DataError, OperationalError
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import DuplicatePreparedStatement, FeatureNotSupported, InvalidSqlStatementName, error_from_result
from psycopg.pq import ConnStatus, ExecStatus
from psycopg.pq.abc import PGresult

from database.postgresql.connections import Connection
from database.scope_messages import ScopeMessage, StatementKey, describe_scope

Row = tuple[Any, ...]
_GOOD = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)


def _encode_text(value: str) -> bytes:
    if "\0" in value:  # libpq would end the text there
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return value.encode()


_Dumper = tuple[int, Callable[[Any], Any]]
_DUMPERS: dict[type, _Dumper] = {
    UUID: (2950, lambda value: value.hex.encode()),
    datetime: (1184, lambda value: value.isoformat().encode()),
    str: (0, _encode_text),
    int: (0, lambda value: b"%d" % value),
    bool: (0, lambda value: b"t" if value else b"f"),
    Decimal: (1700, lambda value: str(value).encode()),
    type(None): (0, lambda _: None),
}
"""By type: PostgreSQL's number for it (0: let the statement decide) and its text form."""


class LibpqExecutor:
    """Run statements on one connection and remember which it has prepared; for use outside of transactions only."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._libpq = connection.pgconn
        self._timeout_ms = -1 if connection.answer_timeout is None else int(connection.answer_timeout * 1000)
        self._readable, self._ready = select.poll(), select.poll()
        self._readable.register(self._libpq.socket, select.POLLIN)
        self._ready.register(self._libpq.socket, select.POLLIN | select.POLLOUT)
        self._transformer = Transformer.from_context(connection)
        self._names: dict[StatementKey, bytes] = {}
        self._is_preparing = connection.prepare_threshold is not None

    def run_statement(self, sql: str, values: Sequence[Any]) -> list[Row]:
        """Run a statement outside of any transaction and return its rows.

        Where row-level security binds the connection, the tenants in scope go before it in the same message.

        Raises:
            psycopg.Error: as a cursor would.
            ScopeTooWide
            TenantChanged: the scope has an `access_check`, and the tenant another version by now.
        """
        dumped = [_DUMPERS.get(type(value)) or self._find_dumper(value) for value in values]
        texts = [dump(value) for (_, dump), value in zip(dumped, values, strict=True)]
        key = sql, tuple([number for number, _ in dumped])
        if not self._is_preparing:
            return self._run_unprepared(key, texts)
        name = self._names.get(key) or self._prepare_statement(key)
        try:
            return self._load_rows(self._send_prepared(name, texts))
        except _OUTDATED:
            self._names.clear()
            return self._run_unprepared(key, texts)

    def _send_prepared(self, name: bytes, texts: Sequence[bytes | None]) -> PGresult:
        libpq, scope = self._libpq, describe_scope(self._connection)
        if scope is None:
            libpq.send_query_prepared(name, texts)
            return self._read_answer()
        setter = self._names.get(scope.key) or self._prepare_statement(scope.key)
        libpq.enter_pipeline_mode()
        libpq.send_query_prepared(setter, scope.values)
        libpq.send_query_prepared(name, texts)
        return self._read_pipeline(scope)

    def _run_unprepared(self, key: StatementKey, texts: Sequence[bytes | None]) -> list[Row]:
        """Send text and values in one message, which a pooler gives to one server connection."""
        libpq, scope = self._libpq, describe_scope(self._connection)
        if scope is None:
            libpq.send_query_params(_number_parameters(key[0]), texts, key[1])
            return self._load_rows(self._read_answer())
        libpq.enter_pipeline_mode()
        libpq.send_query_params(_number_parameters(scope.key[0]), scope.values, scope.key[1])
        libpq.send_query_params(_number_parameters(key[0]), texts, key[1])
        return self._load_rows(self._read_pipeline(scope))

    def _read_pipeline(self, scope: ScopeMessage) -> PGresult:
        """Read the answers to a scope and a statement, and return the statement's; nothing is left on the way."""
        libpq, answers = self._libpq, list[PGresult]()
        libpq.pipeline_sync()
        while True:
            answer = self._wait_for_result()
            if answer is not None and answer.status == ExecStatus.PIPELINE_SYNC:
                break
            if answer is not None:
                answers.append(answer)
            elif libpq.status == ConnStatus.BAD:
                raise OperationalError("the connection was lost")
        libpq.exit_pipeline_mode()
        for answer in answers:
            self._check_result(answer)
        scope.check_version(answers[0])
        return answers[1]

    def _read_answer(self) -> PGresult:
        """Read the server's answer to what was sent."""
        answer = self._wait_for_result()
        if answer is None:
            raise OperationalError("the server sent no result")
        while self._libpq.get_result() is not None:  # until there is no more
            pass
        return answer

    def _wait_for_result(self) -> PGresult | None:
        """Wait for the next result; None where a statement has no more of them."""
        libpq = self._libpq
        unsent = libpq.flush()
        while unsent or libpq.is_busy():
            if not (self._ready if unsent else self._readable).poll(self._timeout_ms):
                raise self._connection.abandon_connection()
            libpq.consume_input()
            if unsent:
                unsent = libpq.flush()
        return libpq.get_result()

    def _find_dumper(self, value: Any) -> "_Dumper":
        dumper = self._transformer.get_dumper(value, PyFormat.TEXT)
        return dumper.oid, dumper.dump

    def _prepare_statement(self, key: StatementKey) -> bytes:
        name = _name_statement(key)
        with suppress(DuplicatePreparedStatement):  # by another client of a pooler; the name says that it is the same
            self._libpq.send_prepare(name, _number_parameters(key[0]), key[1])
            self._check_result(self._read_answer())
        self._names[key] = name
        return name

    def _load_rows(self, result: PGresult) -> list[Row]:
        self._check_result(result)
        if not result.ntuples:
            return []
        self._transformer.set_pgresult(result)
        return self._transformer.load_rows(0, result.ntuples, tuple)

    def _check_result(self, result: PGresult) -> None:
        if result.status in _GOOD:
            return
        if self._libpq.status == ConnStatus.BAD:
            raise OperationalError(result.error_message.decode(errors="replace"))
        raise error_from_result(result)


_OUTDATED = (InvalidSqlStatementName, FeatureNotSupported)
"""The server has no such statement (psycopg lets it forget all after a rollback, a pooler gives us another server
connection), or a migration has changed what its columns are. Nothing has been executed then."""


@lru_cache(maxsize=4096)
def _name_statement(key: StatementKey) -> bytes:
    return b"petstore_" + hashlib.blake2b(repr(key).encode(), digest_size=16).hexdigest().encode()


@lru_cache(maxsize=4096)
def _number_parameters(sql: str) -> bytes:
    """Write $1, $2, … for the placeholders of a statement."""
    head, *tails = sql.split("%s")
    text = head + "".join(f"${number}{tail}" for number, tail in enumerate(tails, 1))
    return text.replace("%%", "%").encode()

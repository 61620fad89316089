"""Connections that do not wait for ever for an answer (G18), and that tell the server the tenants in scope (G6).

The server ends its statements by itself. But it may be frozen, or wait for a disk or a standby that does not answer;
or a pooler or the network between us is what is silent.
"""

from dataclasses import dataclass
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, TransactionStatus

from database.postgresql.tenant_settings import NAME, NOTHING, format_tenant_setting
from tenants.scoping import ScopeKind, find_scope


@dataclass(frozen=True, slots=True)
class Place:
    """A point in the history of a database: which database it is, and the number of its timeline."""

    system: int
    timeline: int


_T = TypeVar("_T")
INTERVAL_SECONDS = 0.1
"""Psycopg's own, between two looks at signals and time."""


class Connection(psycopg.Connection[Any]):
    """Psycopg's, which is closed where an answer takes too long.

    Attributes:
        answer_timeout: how many seconds an answer may take; None for ever.
        place: of its server in the database's history when it was made; None where that is not known.
        bound_kind: the kind of scope whose role it has logged in as; None where row-level security does not bind it.
    """

    answer_timeout: float | None = None
    place: Place | None = None
    bound_kind: ScopeKind | None = None
    _told = NOTHING

    def wait(self, gen: PQGen[_T], interval: float = INTERVAL_SECONDS, timeout: float | None = None) -> _T:
        """Wait for an answer, but no longer than `answer_timeout`."""
        try:
            return super().wait(gen, interval, timeout or self.answer_timeout)
        except psycopg.OperationalError as error:
            if self.pgconn.transaction_status == TransactionStatus.ACTIVE:
                raise self.abandon_connection() from error
            raise

    def abandon_connection(self) -> psycopg.OperationalError:
        """Close it, for what comes next would be the answer to the last question; give the error to raise."""
        self.pgconn.finish()
        return psycopg.OperationalError(f"no answer within {self.answer_timeout} s; whether it was done is not known")

    def find_tenant_setting(self) -> str:
        """Return what the server is to know of the open scope; nothing where no policy binds, or there is none.

        Raises:
            ScopeTooWide
        """
        return NOTHING if self.bound_kind is None else format_tenant_setting(self.bound_kind, find_scope())

    def tell_scope(self) -> None:
        """Tell the server the open scope, if it knows another one in this transaction; raises ScopeTooWide."""
        if self.bound_kind is not None and self.pgconn.transaction_status == TransactionStatus.INTRANS:
            self._tell_setting(self.find_tenant_setting())

    def forget_told_scope(self) -> None:
        """Take it that the server may know an older scope again, as it does after a rollback to a savepoint."""
        self._told = "?"

    def _tell_setting(self, setting: str) -> None:
        if setting != self._told:
            self.wait(self._exec_command(_write_set_local(setting)))
            self._told = setting

    def _start_query(self) -> PQGen[None]:
        """Begin a transaction if it is time for it, and tell the server the scope in the same message."""
        if self._autocommit or self.pgconn.transaction_status != TransactionStatus.IDLE:
            return
        setting = self.find_tenant_setting()
        self._told = setting
        if setting == NOTHING or self._pipeline is not None:
            yield from super()._start_query()
            return
        self.pgconn.send_query(self._get_tx_start_command() + b"; " + _write_set_local(setting))
        for result in (yield from execute(self.pgconn)):
            if result.status != ExecStatus.COMMAND_OK:
                raise error_from_result(result)


def _write_set_local(setting: str) -> bytes:
    """Write the statement; the setting is made of ids, commas and braces alone."""
    return f"SET LOCAL {NAME} = '{setting}'".encode()

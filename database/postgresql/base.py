"""The backend itself; Django looks for it under this name."""

from types import TracebackType
from typing import Any

import psycopg
from django.db import OperationalError
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.asyncio import async_unsafe
from django.utils.functional import cached_property
from psycopg import IsolationLevel
from psycopg.errors import (
    IdleInTransactionSessionTimeout,
    InvalidTextRepresentation,
    ReadOnlySqlTransaction,
    UndefinedObject,
)

from database import timeouts
from database.postgresql import timelines
from database.postgresql.connections import Connection
from database.postgresql.cursors import Cursor, NamedCursor
from database.postgresql.sessions import IS_BOUND, ParkedSession
from database.postgresql.tenant_settings import ROLE_SUFFIXES, explain_refusal
from tenants.scoping import ScopeKind, find_scope

AWAY = (ReadOnlySqlTransaction, IdleInTransactionSessionTimeout)
"""Psycopg's InternalErrors that are no defect: the server has become a standby, or has ended our transaction."""

POLICY_REFUSALS = (UndefinedObject, InvalidTextRepresentation)
"""A policy has read the setting of the tenant where there is none, or an empty one."""
IS_READ_ONLY = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool"


class _Errors(DatabaseErrorWrapper):
    wrapper: "DatabaseWrapper"

    def __exit__(
        self, exc_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, AWAY):
            self.wrapper.errors_occurred = True
            raise OperationalError(*error.args).with_traceback(traceback) from error
        if isinstance(error, POLICY_REFUSALS) and (refusal := explain_refusal(str(error))):
            raise refusal.with_traceback(traceback) from error
        super().__exit__(exc_type, error, traceback)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that ends what takes too long, and that does not stay with a server that only reads.

    Where row-level security binds the role of DATABASE_URL, it has a driver connection for each kind of tenant scope,
    since each kind has a role of its own. The open scope chooses one of them when a transaction begins and when a
    statement runs outside of one; inside a transaction the scope may become narrower, never wider.

    Attributes:
        session_kind: the kind of scope whose driver connection is in use.
        is_bound: row-level security binds the role; None until there is a connection.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.session_kind = ScopeKind.ONE
        self.is_bound: bool | None = None
        self._parked: dict[ScopeKind, ParkedSession] = {}

    @cached_property
    def wrap_database_errors(self) -> _Errors:
        """Around whatever the driver does."""
        return _Errors(self)

    def get_connection_params(self) -> dict[str, Any]:
        """Time-outs among them, but for a pooler, which refuses them: there they are the pooler's to set."""
        parameters: dict[str, Any] = super().get_connection_params()
        parameters["cursor_factory"] = Cursor
        if self.session_kind is not ScopeKind.ONE:
            parameters["user"] += ROLE_SUFFIXES[self.session_kind]
        if parameters["prepare_threshold"] is not None:
            ours, given = timeouts.current_timeouts().as_startup_options(), parameters.get("options", "")
            parameters["options"] = f"{ours} {given}".strip()  # of two values the later one holds
        return parameters

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """One that waits for an answer a little longer than the server works on it."""
        self.isolation_level = IsolationLevel.READ_COMMITTED
        is_ours = "statement_timeout" not in self.settings_dict["OPTIONS"].get("options", "")
        made = timelines.connect_to_newest(conn_params, timeouts.current_timeouts().answer_timeout if is_ours else None)
        made.server_cursor_factory = NamedCursor
        if self.is_bound is None:
            self.is_bound = made.execute(IS_BOUND).fetchone()[0]  # type: ignore[index]  # one row
            made.rollback()
        return made

    def init_connection_state(self) -> None:
        """Let the new connection know its kind of scope, once it is set up: what sets it up is of no tenant."""
        super().init_connection_state()
        if self.connection is not None:
            self.connection.bound_kind = self.session_kind if self.is_bound else None

    def close_if_unusable_or_obsolete(self) -> None:
        """Leave a server, too, that was left behind: another connection has seen a later timeline."""
        if self.connection is not None and not self.in_atomic_block and timelines.was_left_behind(self.connection):
            self.close()
        super().close_if_unusable_or_obsolete()

    def require_newest_server(self) -> None:
        """Ask the server whether it was left behind; behind a pooler it may be another one than at the beginning.

        Raises:
            OperationalError: it was, because of ServerLeftBehind.
        """
        self.ensure_connection()
        with self.wrap_database_errors:
            timelines.require_newest(self.connection)

    def choose_session(self) -> None:
        """Use the driver connection for the open scope; for use outside of transactions."""
        if self.connection is None:
            self.ensure_connection()
        if self.is_bound:
            scope = find_scope()
            kind = ScopeKind.ONE if scope is None else scope.scope_kind
            if kind is not self.session_kind:
                self._change_session(kind)

    def _change_session(self, kind: ScopeKind) -> None:
        self._parked[self.session_kind] = ParkedSession.take_from(self)
        self.session_kind = kind
        parked = self._parked.pop(kind, None)
        if parked is None or parked.is_over:
            if parked is not None:
                parked.close()
            self.connection = None
            self.ensure_connection()
        else:
            parked.give_to(self)

    def set_autocommit(self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False) -> None:
        """Choose the session of the open scope before a transaction begins."""
        if not autocommit and not self.in_atomic_block:
            self.choose_session()
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)

    def _cursor(self, name: str | None = None) -> Any:
        if self.connection is not None and self.autocommit:
            self.choose_session()
        return super()._cursor(name)  # type: ignore[misc]  # the stubs leave out what is not public

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # as above
        self.connection.forget_told_scope()

    @async_unsafe
    def close(self) -> None:
        """Close the connections of all kinds of scope."""
        super().close()
        if not self.in_atomic_block:
            self.is_bound, self.session_kind = None, ScopeKind.ONE
            while self._parked:
                self._parked.popitem()[1].close()

    def is_usable(self) -> bool:
        """Asked after an error: one that only reads or was left behind is left, so that the primary is looked for."""
        if self.connection is None:
            return False
        try:
            row: tuple[bool] = self.connection.execute(IS_READ_ONLY).fetchone()
            timelines.require_newest(self.connection)
        except psycopg.Error:
            return False
        return not row[0]

"""The backend itself; Django looks for it under this name."""

from types import TracebackType
from typing import Any

import psycopg
from django.db import DatabaseError, InterfaceError, OperationalError
from django.db.backends.postgresql import base
from django.db.backends.utils import CursorDebugWrapper, CursorWrapper
from django.db.utils import DatabaseErrorWrapper
from django.utils.asyncio import async_unsafe
from django.utils.functional import cached_property
from psycopg import IsolationLevel
from psycopg.errors import (
    IdleInTransactionSessionTimeout,
    InvalidTextRepresentation,
    QueryCanceled,
    ReadOnlySqlTransaction,
    SerializationFailure,
    UndefinedObject,
)

from database import timeouts
from database.postgresql import timelines
from database.postgresql.connections import Connection
from database.postgresql.cursors import Cursor, NamedCursor, ReplicaCursor, ReplicaDebugCursor
from database.postgresql.replicas import (
    ANSWER_SECONDS,
    PRIMARY_POSITION,
    REPLICA_POSITION,
    STATEMENT_SECONDS,
    ReplicaRead,
    open_read,
    watch,
)
from database.postgresql.sessions import IS_BOUND, ParkedSession
from database.postgresql.tenant_settings import ROLE_SUFFIXES, explain_refusal
from tenants.scoping import ScopeKind, find_scope

AWAY = (ReadOnlySqlTransaction, IdleInTransactionSessionTimeout)
"""Psycopg's InternalErrors that are no defect: the server has become a standby, or has ended our transaction."""

OF_ONE_STATEMENT = (QueryCanceled, ReadOnlySqlTransaction, SerializationFailure)
"""A replica has refused a write, or cancelled a statement for its time or for what the primary has removed."""
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
        is_on_replica: the driver connection in use is one to the replica, for reads alone.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.session_kind = ScopeKind.ONE
        self.is_bound: bool | None = None
        self._is_set_up = True
        self.is_on_replica = False
        self._parked: dict[tuple[ScopeKind, bool], ParkedSession] = {}

    @cached_property
    def wrap_database_errors(self) -> _Errors:
        """Around whatever the driver does."""
        return _Errors(self)

    def get_connection_params(self) -> dict[str, Any]:
        """Time-outs among them, but for a pooler, which refuses them: there they are the pooler's to set."""
        parameters: dict[str, Any] = super().get_connection_params()
        parameters["cursor_factory"] = Cursor
        if self.is_on_replica:
            parameters |= self.settings_dict["REPLICA"] | {"connect_timeout": ANSWER_SECONDS}
        if self.session_kind is not ScopeKind.ONE:
            parameters["user"] += ROLE_SUFFIXES[self.session_kind]
        if parameters["prepare_threshold"] is not None:
            ours, given = timeouts.current_timeouts().as_startup_options(), parameters.get("options", "")
            parameters["options"] = f"{ours} {given}".strip()  # of two values the later one holds
            if self.is_on_replica:
                parameters["options"] += f" -c statement_timeout={STATEMENT_SECONDS}s"
        return parameters

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """One that waits for an answer a little longer than the server works on it."""
        self.isolation_level = IsolationLevel.READ_COMMITTED
        is_ours = "statement_timeout" not in self.settings_dict["OPTIONS"].get("options", "")
        answer_timeout = timeouts.current_timeouts().answer_timeout if is_ours else None
        made = timelines.connect_to_newest(conn_params, ANSWER_SECONDS if self.is_on_replica else answer_timeout)
        made.server_cursor_factory = NamedCursor
        if self.is_bound is None:
            self.is_bound = made.execute(IS_BOUND).fetchone()[0]  # type: ignore[index]  # one row
            made.rollback()
        return made

    def init_connection_state(self) -> None:
        """Let the new connection know its kind of scope, once it is set up: what sets it up is of no tenant."""
        self._is_set_up = False
        try:
            super().init_connection_state()
        finally:
            self._is_set_up = True
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

    def choose_session(self, *, is_for_read: bool = True) -> None:
        """Use the driver connection for the open scope; for use outside of transactions."""
        if self.connection is None:
            self.ensure_connection()
        if not self._is_set_up:
            return
        kind = self.session_kind
        if self.is_bound:
            scope = find_scope()
            kind = ScopeKind.ONE if scope is None else scope.scope_kind
        read = open_read.get() if is_for_read else None
        is_on_replica = read is not None and self._may_ask_replica(read, kind)
        if kind is not self.session_kind or is_on_replica is not self.is_on_replica:
            self._change_session(kind, is_on_replica=is_on_replica)

    def _change_session(self, kind: ScopeKind, *, is_on_replica: bool) -> None:
        before = self.session_kind, self.is_on_replica
        self._parked[before] = ParkedSession.take_from(self)
        self.session_kind, self.is_on_replica = kind, is_on_replica
        parked = self._parked.pop((kind, is_on_replica), None)
        self.connection = None
        if parked is not None:
            parked.give_to(self)
            if parked.is_old or (self.errors_occurred and not self.is_usable()):
                parked.close()
                self.connection = None
            self.errors_occurred = False
        if self.connection is None:
            try:
                self.ensure_connection()
            except DatabaseError:
                self.session_kind, self.is_on_replica = before
                self._parked.pop(before).give_to(self)
                raise

    def _may_ask_replica(self, read: ReplicaRead, kind: ScopeKind) -> bool:
        """Find out once a block whether its reads may go to the replica."""
        if read.is_allowed is None:
            read.is_allowed = False
            wanted = None if watch.is_left else read.find_position()
            read.is_allowed = wanted is not None and self._admit_replica(kind, wanted)
            watch.blocks["replica" if read.is_allowed else "primary"] += 1
        return read.is_allowed

    def _admit_replica(self, kind: ScopeKind, wanted: int) -> bool:
        """Ask the replica what it has replayed; raises OperationalError where the primary does not answer."""
        if watch.is_sample_due:
            self._change_session(kind, is_on_replica=False)
            watch.add_sample(self._read_position(PRIMARY_POSITION)[0])
        try:
            self._change_session(kind, is_on_replica=True)
            return watch.admit_replica(self._read_position(REPLICA_POSITION)[1], wanted=wanted)
        except DatabaseError as error:
            watch.leave_replica(f"it does not answer ({str(error).strip()})")
            return False

    def _read_position(self, sql: str) -> Any:
        with self.wrap_database_errors:
            return self.connection.execute(sql).fetchone()

    def leave_failed_replica(self, error: Exception) -> bool:
        """Go on at the primary after an error of the replica; False where the error is none of a replica."""
        read = open_read.get()
        if not self.is_on_replica or read is None or not isinstance(error, (OperationalError, InterfaceError)):
            return False
        read.is_allowed = False
        if not isinstance(error.__cause__, OF_ONE_STATEMENT):
            watch.leave_replica(f"it has failed ({str(error).strip()})")
        self._change_session(self.session_kind, is_on_replica=False)
        return True

    def make_cursor(self, cursor: Any) -> CursorWrapper:
        """Make one that goes on at the primary where the replica fails."""
        return ReplicaCursor(cursor, self) if self.is_on_replica else super().make_cursor(cursor)

    def make_debug_cursor(self, cursor: Any) -> CursorDebugWrapper:
        """Make one that goes on at the primary where the replica fails, and that notes statements."""
        return ReplicaDebugCursor(cursor, self) if self.is_on_replica else super().make_debug_cursor(cursor)

    def set_autocommit(self, autocommit: bool, force_begin_transaction_with_broken_autocommit: bool = False) -> None:
        """Choose the session of the open scope before a transaction begins."""
        if not autocommit and not self.in_atomic_block:
            self.choose_session(is_for_read=False)
        super().set_autocommit(autocommit, force_begin_transaction_with_broken_autocommit)

    def _cursor(self, name: str | None = None) -> Any:
        if not self.in_atomic_block:
            self.choose_session(is_for_read=name is None)  # rows that stay on a server cannot be read on at another
        return super()._cursor(name)  # type: ignore[misc]  # the stubs leave out what is not public

    def _savepoint_rollback(self, sid: str) -> None:
        super()._savepoint_rollback(sid)  # type: ignore[misc]  # as above
        self.connection.forget_told_scope()

    @async_unsafe
    def close(self) -> None:
        """Close the connections of all kinds of scope."""
        super().close()
        if not self.in_atomic_block:
            self.is_bound, self.session_kind, self.is_on_replica = None, ScopeKind.ONE, False
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

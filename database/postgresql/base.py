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
from psycopg.errors import IdleInTransactionSessionTimeout, ReadOnlySqlTransaction

from database import timeouts
from database.postgresql import timelines
from database.postgresql.connections import Connection

AWAY = (ReadOnlySqlTransaction, IdleInTransactionSessionTimeout)
"""Psycopg's InternalErrors that are no defect: the server has become a standby, or has ended our transaction."""


IS_READ_ONLY = "SELECT pg_is_in_recovery() OR current_setting('transaction_read_only')::bool"


class _Errors(DatabaseErrorWrapper):
    wrapper: "DatabaseWrapper"

    def __exit__(
        self, exc_type: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, AWAY):
            self.wrapper.errors_occurred = True
            raise OperationalError(*error.args).with_traceback(traceback) from error
        super().__exit__(exc_type, error, traceback)


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that ends what takes too long, and that does not stay with a server that only reads."""

    @cached_property
    def wrap_database_errors(self) -> _Errors:
        """Around whatever the driver does."""
        return _Errors(self)

    def get_connection_params(self) -> dict[str, Any]:
        """Time-outs among them, but for a pooler, which refuses them: there they are the pooler's to set."""
        parameters: dict[str, Any] = super().get_connection_params()
        if parameters["prepare_threshold"] is not None:
            ours, given = timeouts.current_timeouts().as_startup_options(), parameters.get("options", "")
            parameters["options"] = f"{ours} {given}".strip()  # of two values the later one holds
        return parameters

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Connection:
        """One that waits for an answer a little longer than the server works on it."""
        self.isolation_level = IsolationLevel.READ_COMMITTED
        is_ours = "statement_timeout" not in self.settings_dict["OPTIONS"].get("options", "")
        return timelines.connect_to_newest(conn_params, timeouts.current_timeouts().answer_timeout if is_ours else None)

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

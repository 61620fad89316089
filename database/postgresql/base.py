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
        made = Connection.connect(**conn_params)
        if "statement_timeout" not in self.settings_dict["OPTIONS"].get("options", ""):
            made.answer_timeout = timeouts.current_timeouts().answer_timeout
        return made

    def is_usable(self) -> bool:
        """Asked after an error: one that only reads is left, so that the next request finds the primary."""
        if self.connection is None:
            return False
        try:
            row: tuple[bool] = self.connection.execute(IS_READ_ONLY).fetchone()
        except psycopg.Error:
            return False
        return not row[0]

"""Driver connections that are put aside while one for another kind of tenant scope is in use (guarantees, G6)."""

import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Self

import psycopg
from django.db.backends.postgresql import base

from database.postgresql.connections import Connection

IS_BOUND = """
    SELECT NOT (rolsuper OR rolbypassrls)
           AND EXISTS (SELECT FROM pg_class WHERE relrowsecurity)
           AND NOT EXISTS (SELECT FROM pg_class WHERE relrowsecurity AND pg_has_role(relowner, 'MEMBER'))
    FROM pg_roles WHERE rolname = current_user
"""
"""Whether policies choose what this role sees; the owner of the tables, who migrates, has a policy for everything."""


@dataclass(slots=True)
class ParkedSession:
    """A driver connection that is not in use, with what Django notes of it."""

    connection: Connection
    close_at: float | None
    has_failed: bool
    is_autocommit: bool
    compiled_sql_state: Any

    @classmethod
    def take_from(cls, wrapper: base.DatabaseWrapper) -> Self:
        """Take the connection that a wrapper uses."""
        state = vars(wrapper).pop("compiled_sql_state", None)
        return cls(wrapper.connection, wrapper.close_at, wrapper.errors_occurred, wrapper.autocommit, state)

    def give_to(self, wrapper: base.DatabaseWrapper) -> None:
        """Let a wrapper use the connection again."""
        wrapper.connection, wrapper.close_at = self.connection, self.close_at
        wrapper.errors_occurred, wrapper.autocommit = self.has_failed, self.is_autocommit
        if self.compiled_sql_state is not None:
            vars(wrapper)["compiled_sql_state"] = self.compiled_sql_state

    @property
    def is_old(self) -> bool:
        """Say whether it is closed, or as old as connections may be."""
        return self.connection.closed or (self.close_at is not None and time.monotonic() >= self.close_at)

    def close(self) -> None:
        """Close the connection."""
        with suppress(psycopg.Error):
            self.connection.close()

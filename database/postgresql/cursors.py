"""Cursors that tell the server the tenants in scope with each statement (guarantees, G6)."""

from typing import Any, Self, cast

import psycopg
from django.db import DatabaseError
from django.db.backends.postgresql.base import CursorDebugWrapper
from django.db.backends.utils import CursorWrapper

from database.postgresql.connections import Connection
from database.postgresql.tenant_settings import NAME, NOTHING

SET_TENANT = f"SELECT set_config('{NAME}', %s, true)"


class Cursor(psycopg.Cursor[Any]):
    """A cursor that binds on the server. Outside of a transaction it sends scope and statement in one round trip."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        """Run a statement in the open scope; raises ScopeTooWide."""
        connection = cast(Connection, self.connection)
        if connection.bound_kind is None:
            return super().execute(query, params, **options)
        if not connection.autocommit:
            connection.tell_scope()
            return super().execute(query, params, **options)
        setting = connection.find_tenant_setting()
        if setting == NOTHING:
            return super().execute(query, params, **options)
        with connection.pipeline():
            super().execute(SET_TENANT, (setting,), prepare=options.get("prepare"))
            return super().execute(query, params, **options)

    def executemany(self, query: Any, params_seq: Any, *, returning: bool = False) -> None:
        """Run a statement for each of many parameters in the open scope; outside of a transaction in one of its own."""
        connection = cast(Connection, self.connection)
        if connection.bound_kind is None or not connection.autocommit:
            connection.tell_scope()
            super().executemany(query, params_seq, returning=returning)
            return
        with connection.transaction():
            connection.execute(SET_TENANT, (connection.find_tenant_setting(),))
            super().executemany(query, params_seq, returning=returning)


class NamedCursor(psycopg.ServerCursor[Any]):
    """A cursor whose rows stay on the server; outside of a transaction it is held beyond one of its own."""

    def execute(self, query: Any, params: Any = None, **options: Any) -> Self:
        """Declare the cursor in the open scope; raises ScopeTooWide."""
        connection = cast(Connection, self.connection)
        if connection.bound_kind is None or not connection.autocommit:
            connection.tell_scope()
            return super().execute(query, params, **options)
        with connection.transaction():
            connection.forget_told_scope()
            connection.tell_scope()
            return super().execute(query, params, **options)


class ReplicaCursor(CursorWrapper):
    """A cursor at a replica; where that fails, the statement runs at the primary."""

    def _execute(self, sql: str, params: Any, *ignored: Any) -> Any:
        run: Any = super()._execute  # type: ignore[misc]  # the stubs leave out what is not public
        try:
            return run(sql, params, *ignored)
        except DatabaseError as error:
            if not self.db.leave_failed_replica(error):
                raise
        self.cursor = self.db.create_cursor()
        return run(sql, params, *ignored)


class ReplicaDebugCursor(ReplicaCursor, CursorDebugWrapper):
    """A cursor at a replica that notes its statements."""

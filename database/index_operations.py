"""Indexes for tables that can be large, as migration operations that keep no writer waiting."""

from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently as PostgresAddIndexConcurrently
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddIndex
from django.db.migrations.state import ProjectState

_INVALID = (
    "SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = %s AND NOT indisvalid "
    "AND relnamespace = current_schema()::regnamespace"
)


class AddIndexConcurrently(PostgresAddIndexConcurrently):
    """Add an index: on PostgreSQL CONCURRENTLY, in a migration with `atomic = False`; on SQLite plainly.

    What an earlier attempt that broke off has left behind, an index that is not valid, is made anew. Nobody waits
    behind this, so it waits for transactions under way for as long as they take.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Make the index."""
        if schema_editor.connection.vendor != "postgresql":
            AddIndex.database_forwards(self, app_label, schema_editor, from_state, to_state)
            return
        with schema_editor.connection.cursor() as cursor:
            cursor.execute("SELECT current_setting('lock_timeout')")
            before: str = cursor.fetchone()[0]
            cursor.execute("SET lock_timeout = 0")
            try:
                self._drop_invalid(cursor, schema_editor)
                super().database_forwards(app_label, schema_editor, from_state, to_state)
            finally:
                cursor.execute("SELECT set_config('lock_timeout', %s, false)", [before])

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Take it away."""
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)

    def _drop_invalid(self, cursor: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        cursor.execute(_INVALID, [self.index.name])
        if cursor.fetchone():
            cursor.execute(f"DROP INDEX CONCURRENTLY {schema_editor.quote_name(self.index.name)}")

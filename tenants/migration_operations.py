"""Migration operations: the database's half of the tenant walls and of the append-only rule, and indexes without locks.

PostgreSQL gets composite foreign keys and triggers in PL/pgSQL, SQLite triggers of the same effect.
SQLite drops a table's triggers whenever a migration rebuilds the table: repeat the operation there
(a test over the catalogue notices).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib.postgres.operations import AddIndexConcurrently as PostgresAddIndexConcurrently
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations import AddIndex
from django.db.migrations.state import ProjectState, StateApps

Statements = dict[str, tuple[str, ...]]
_VENDORS = ("postgresql", "sqlite")
_INVALID_INDEX = (
    "SELECT 1 FROM pg_index JOIN pg_class ON pg_class.oid = indexrelid WHERE relname = %s AND NOT indisvalid "
    "AND relnamespace = current_schema()::regnamespace"
)


class RunStatements(migrations.RunPython):
    """Run SQL in the words of each database, forwards and backwards."""

    def __init__(self, forwards: Statements, backwards: Statements) -> None:
        super().__init__(_run_on_vendor(forwards), _run_on_vendor(backwards))


def _run_on_vendor(statements: Statements) -> Callable[[StateApps, BaseDatabaseSchemaEditor], None]:
    def run_statements(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in statements[editor.connection.vendor]:
            editor.execute(statement, params=None)

    return run_statements


class SameTenantKey(RunStatements):
    """Let `table.column` name a row of `target` in the same tenant only."""

    def __init__(self, table: str, column: str, target: str) -> None:
        name = f"{table}_{column}_same_tenant"
        named = f"SELECT 1 FROM {target} t WHERE t.id = NEW.{column} AND t.tenant_id = NEW.tenant_id"  # noqa: S608  # of migrations
        missing = f"NEW.{column} IS NOT NULL AND NOT EXISTS ({named})"
        key = f"FOREIGN KEY (tenant_id, {column}) REFERENCES {target} (tenant_id, id)"
        triggers = [
            _create_sqlite_trigger(
                f"{name}_{event.split()[0].lower()}", f"{event} ON {table}", missing, "another tenant"
            )
            for event in ("INSERT", f"UPDATE OF {column}")
        ]
        super().__init__(
            {"postgresql": (f"ALTER TABLE {table} ADD CONSTRAINT {name} {key}",), "sqlite": tuple(triggers)},
            {
                "postgresql": (f"ALTER TABLE {table} DROP CONSTRAINT {name}",),
                "sqlite": (f"DROP TRIGGER {name}_insert", f"DROP TRIGGER {name}_update"),
            },
        )


class ForbidWhen(RunStatements):
    """Forbid `event` on a row of `table` where `condition` holds, by a trigger.

    Args:
        rule: the trigger's name after the table's.
        event: `UPDATE`, `UPDATE OF column` or `DELETE`.
        condition: SQL over OLD and NEW that both databases understand, or in the words of each.
    """

    def __init__(self, table: str, rule: str, event: str, condition: str | Mapping[str, str]) -> None:
        conditions = dict.fromkeys(_VENDORS, condition) if isinstance(condition, str) else condition
        name = f"{table}_{rule}"
        rows = f"FOR EACH ROW WHEN ({conditions['postgresql']}) EXECUTE FUNCTION {name}()"
        super().__init__(
            {
                "postgresql": (
                    _create_raising_function(name),
                    f"CREATE TRIGGER {name} BEFORE {event} ON {table} {rows}",
                ),
                "sqlite": (_create_sqlite_trigger(name, f"{event} ON {table}", conditions["sqlite"], name),),
            },
            {"postgresql": _drop_trigger_and_function(name, table), "sqlite": (f"DROP TRIGGER {name}",)},
        )


class ForbidTruncate(RunStatements):
    """Forbid TRUNCATE, also where it comes by CASCADE from another table; SQLite knows none."""

    def __init__(self, table: str) -> None:
        name = f"{table}_no_truncate"
        trigger = f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()"
        super().__init__(
            {"postgresql": (_create_raising_function(name), trigger), "sqlite": ()},
            {"postgresql": _drop_trigger_and_function(name, table), "sqlite": ()},
        )


class ImmutableTenant(ForbidWhen):
    """Forbid a row to change its tenant."""

    def __init__(self, table: str) -> None:
        super().__init__(table, "tenant_immutable", "UPDATE OF tenant_id", "NEW.tenant_id <> OLD.tenant_id")


def forbid_rewriting(
    table: str, columns: Sequence[str], removable: Mapping[str, str | Mapping[str, str]]
) -> list[ForbidWhen]:
    """Forbid that rows are changed or deleted; what is removable can be removed, and that is all (guarantees, G16).

    Args:
        columns: all but the removable ones.
        removable: for each such column the condition that forbids its change, as `ForbidWhen` takes it.
    """
    return [
        ForbidWhen(table, "no_update", f"UPDATE OF {', '.join(columns)}", "TRUE"),
        *(
            ForbidWhen(table, f"no_update_of_{column}", f"UPDATE OF {column}", condition)
            for column, condition in removable.items()
        ),
        ForbidWhen(table, "no_delete", "DELETE", "TRUE"),
    ]


def _create_raising_function(name: str) -> str:
    body = f"BEGIN RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation'; END"
    return f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$"


def _drop_trigger_and_function(name: str, table: str) -> tuple[str, str]:
    return f"DROP TRIGGER {name} ON {table}", f"DROP FUNCTION {name}()"


def _create_sqlite_trigger(name: str, event: str, condition: str, message: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {event} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"


class AddIndexConcurrently(PostgresAddIndexConcurrently):
    """Add an index: on PostgreSQL CONCURRENTLY, in a migration with `atomic = False`; on SQLite plainly.

    An index that is not valid, which an earlier attempt left behind, is built again. Nothing waits behind this
    operation, so it waits for open transactions for as long as they take.
    """

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: ProjectState, to_state: ProjectState
    ) -> None:
        """Build the index."""
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
        """Drop the index."""
        if schema_editor.connection.vendor == "postgresql":
            super().database_backwards(app_label, schema_editor, from_state, to_state)
        else:
            AddIndex.database_backwards(self, app_label, schema_editor, from_state, to_state)

    def _drop_invalid(self, cursor: Any, schema_editor: BaseDatabaseSchemaEditor) -> None:
        cursor.execute(_INVALID_INDEX, [self.index.name])
        if cursor.fetchone():
            cursor.execute(f"DROP INDEX CONCURRENTLY {schema_editor.quote_name(self.index.name)}")

"""The database's half of the tenancy wall and of the append-only rule, as migration operations.

PostgreSQL gets composite foreign keys and triggers in PL/pgSQL, SQLite triggers of the same effect.
SQLite drops a table's triggers whenever a migration rebuilds the table: repeat the operation there
(a test over the catalogue notices).
"""

from collections.abc import Callable, Mapping, Sequence

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

Statements = dict[str, tuple[str, ...]]
Operations = list[migrations.RunPython]
_VENDORS = ("postgresql", "sqlite")


def _runner(statements: Statements) -> Callable[[StateApps, BaseDatabaseSchemaEditor], None]:
    def run(_apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
        for statement in statements[editor.connection.vendor]:
            editor.execute(statement, params=None)

    return run


def statements(forwards: Statements, backwards: Statements) -> migrations.RunPython:
    """SQL in the words of each database, forwards and backwards."""
    return migrations.RunPython(_runner(forwards), _runner(backwards))


def same_tenant(table: str, column: str, target: str) -> migrations.RunPython:
    """`table.column` may only name a row of `target` in the same tenant."""
    name = f"{table}_{column}_same_tenant"
    home = f"SELECT 1 FROM {target} t WHERE t.id = NEW.{column} AND t.tenant_id = NEW.tenant_id"  # noqa: S608  # of migrations
    missing = f"NEW.{column} IS NOT NULL AND NOT EXISTS ({home})"
    key = f"FOREIGN KEY (tenant_id, {column}) REFERENCES {target} (tenant_id, id)"
    return statements(
        {
            "postgresql": (f"ALTER TABLE {table} ADD CONSTRAINT {name} {key}",),
            "sqlite": tuple(
                _sqlite_trigger(f"{name}_{event.split()[0].lower()}", f"{event} ON {table}", missing, "another tenant")
                for event in ("INSERT", f"UPDATE OF {column}")
            ),
        },
        {
            "postgresql": (f"ALTER TABLE {table} DROP CONSTRAINT {name}",),
            "sqlite": (f"DROP TRIGGER {name}_insert", f"DROP TRIGGER {name}_update"),
        },
    )


def immutable_tenant(table: str) -> migrations.RunPython:
    """A row never changes its tenant."""
    return refuse(table, "tenant_immutable", "UPDATE OF tenant_id", "NEW.tenant_id <> OLD.tenant_id")


def written_once(table: str, columns: Sequence[str], removable: Mapping[str, str | Mapping[str, str]]) -> Operations:
    """Rows are written once, and never deleted; what is removable can be removed, and that is all.

    Args:
        columns: all but the removable ones.
        removable: for each such column the condition that refuses its change, as `refuse` takes it.
    """
    return [
        refuse(table, "no_update", f"UPDATE OF {', '.join(columns)}", "TRUE"),
        *(
            refuse(table, f"no_update_of_{column}", f"UPDATE OF {column}", condition)
            for column, condition in removable.items()
        ),
        refuse(table, "no_delete", "DELETE", "TRUE"),
    ]


def refuse_truncate(table: str) -> migrations.RunPython:
    """TRUNCATE is refused, also where it comes by CASCADE from another table; SQLite knows none."""
    name = f"{table}_no_truncate"
    body = f"BEGIN RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation'; END"
    return statements(
        {
            "postgresql": (
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
                f"CREATE TRIGGER {name} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {name}()",
            ),
            "sqlite": (),
        },
        {"postgresql": (f"DROP TRIGGER {name} ON {table}", f"DROP FUNCTION {name}()"), "sqlite": ()},
    )


def refuse(table: str, rule: str, event: str, condition: str | Mapping[str, str]) -> migrations.RunPython:
    """A trigger that refuses `event` on a row of `table` where `condition` holds.

    Args:
        rule: the trigger's name after the table's.
        event: `UPDATE`, `UPDATE OF column` or `DELETE`.
        condition: SQL over OLD and NEW that both databases understand, or in the words of each.
    """
    conditions = dict.fromkeys(_VENDORS, condition) if isinstance(condition, str) else condition
    name = f"{table}_{rule}"
    body = f"BEGIN RAISE EXCEPTION '{name}' USING ERRCODE = 'check_violation'; END"
    rows = f"FOR EACH ROW WHEN ({conditions['postgresql']}) EXECUTE FUNCTION {name}()"
    return statements(
        {
            "postgresql": (
                f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$ {body} $$",
                f"CREATE TRIGGER {name} BEFORE {event} ON {table} {rows}",
            ),
            "sqlite": (_sqlite_trigger(name, f"{event} ON {table}", conditions["sqlite"], name),),
        },
        {
            "postgresql": (f"DROP TRIGGER {name} ON {table}", f"DROP FUNCTION {name}()"),
            "sqlite": (f"DROP TRIGGER {name}",),
        },
    )


def _sqlite_trigger(name: str, event: str, condition: str, message: str) -> str:
    return f"CREATE TRIGGER {name} BEFORE {event} WHEN {condition} BEGIN SELECT RAISE(ABORT, '{message}'); END"

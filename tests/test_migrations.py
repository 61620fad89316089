"""Migrations that the last release does not have only expand its schema, so that both run on it (decision 57)."""

import re
from collections.abc import Iterator
from typing import Any, Final

import pytest
from django.db import connection, models
from django.db.migrations import AddField, AlterField, CreateModel, Migration, RemoveField, RenameField, RunPython
from django.db.migrations.loader import MigrationLoader

from tenants.migration_operations import AddIndexConcurrently, RunStatements
from tests.naming import PACKAGES
from tests.releases import list_release_files

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one release at a time"),
]

CONSTRAINT: Final = "(?:CHECK|UNIQUE|FOREIGN KEY|PRIMARY KEY|EXCLUDE)"
FAULTS: Final = {
    "drops or renames what the last release uses": (
        r"DROP TABLE (?:IF EXISTS )?(?P<table>\w+)",
        r"ALTER TABLE (?P<table>\w+) (?:.*, )?DROP COLUMN",
        r"ALTER TABLE (?P<table>\w+) RENAME",
    ),
    "a column that the last release does not fill": (
        r"ALTER TABLE (?P<table>\w+) ADD COLUMN (?!.* DEFAULT )(?!.* GENERATED ).* NOT NULL",
        r"ALTER TABLE (?P<table>\w+) ALTER COLUMN \w+ (?:DROP DEFAULT|SET NOT NULL)",
    ),
    "rewrites or reads the whole table under a lock": (
        r"ALTER TABLE (?P<table>\w+) (?:.*, )?ALTER COLUMN \w+ TYPE",
        r"ALTER TABLE (?P<table>\w+) (?:.*, )?ADD COLUMN .* GENERATED ALWAYS AS \(.*\) STORED",
        rf"ALTER TABLE (?P<table>\w+) (?:.*, )?ADD (?:CONSTRAINT \w+ )?{CONSTRAINT}(?!.* (?:NOT VALID|USING INDEX))",
        r"CREATE (?:UNIQUE )?INDEX (?!CONCURRENTLY )(?:IF NOT EXISTS )?\w+ ON (?:ONLY )?(?P<table>\w+)",
        r"(?:TRUNCATE|CLUSTER|LOCK TABLE|VACUUM FULL|REINDEX TABLE) (?P<table>\w+)",
    ),
}
"""What a statement must not do to a table that the last release has, and how it is recognized."""
RIGHT_ALL_THE_SAME: Final[dict[str, str]] = {}
"""Migrations whose statements look like faults and are none, each with the reason."""


class Statements:
    """The statements of migrations on PostgreSQL, without running them; those of Python code are not among them."""

    def __init__(self) -> None:
        self._loader = MigrationLoader(connection)

    def list_new_migrations(self) -> list[Migration]:
        """List our migrations that the last release does not have."""
        released = list_release_files()
        ours = [one for one in self._loader.disk_migrations.values() if one.__module__.split(".")[0] in PACKAGES]
        return [one for one in ours if f"{one.__module__.replace('.', '/')}.py" not in released]

    def collect(self, migration: Migration) -> list[str]:
        """Collect the statements of a migration, without quotes, each on one line."""
        key = (migration.app_label, migration.name)
        is_known = key in self._loader.disk_migrations
        state = self._loader.project_state(key if is_known else None, at_end=not is_known)
        with connection.schema_editor(collect_sql=True, atomic=False) as editor:
            for operation in migration.operations:
                before = state.clone()
                operation.state_forwards(migration.app_label, state)
                if not _is_harmless(operation):
                    operation.database_forwards(migration.app_label, editor, before, state)
            deferred = [str(statement) for statement in editor.deferred_sql]
            editor.deferred_sql.clear()
            return [" ".join(text.replace('"', "").split()) for text in [*editor.collected_sql, *deferred]]


def _is_harmless(operation: Any) -> bool:
    """It is made for large tables, or changes rows and no schema."""
    is_code = isinstance(operation, RunPython) and not isinstance(operation, RunStatements)
    return is_code or isinstance(operation, AddIndexConcurrently)


def find_faults(statements: list[str]) -> Iterator[str]:
    """Find statements that the last release would suffer from; tables that are new here are nobody's."""
    new = {match[1] for text in statements if (match := re.match(r"CREATE TABLE (\w+)", text))}
    for text in statements:
        for fault, patterns in FAULTS.items():
            found = next((match for pattern in patterns if (match := re.match(pattern, text, re.IGNORECASE))), None)
            if found is not None and found["table"] not in new:
                yield f"{fault}: {text[:200]}"


def test_the_last_release_runs_on_the_schema_of_this_one() -> None:
    statements = Statements()
    made = {one: statements.collect(one) for one in statements.list_new_migrations()}
    new_tables = [text for texts in made.values() for text in texts if text.startswith("CREATE TABLE")]
    faults = {
        f"{migration.app_label}.{migration.name}": found
        for migration, texts in made.items()
        if (found := list(find_faults([*new_tables, *texts])))
    }
    assert {name: found for name, found in faults.items() if name not in RIGHT_ALL_THE_SAME} == {}
    assert set(RIGHT_ALL_THE_SAME) <= set(faults), "an exception for nothing"


def _collect(*operations: Any) -> list[str]:
    kind = type("Migration", (Migration,), {"operations": list(operations)})
    return Statements().collect(kind("tomorrow", "pets"))


@pytest.mark.parametrize(
    "operation",
    [
        AddField("pet", "chip", models.IntegerField(default=1)),
        RemoveField("pet", "color"),
        RenameField("pet", "color", "colour"),
        AlterField("pet", "color", models.TextField(null=True)),
        RunStatements({"postgresql": ("ALTER TABLE pets_pet ADD CHECK (price > 0)",), "sqlite": ()}, {}),
        RunStatements({"postgresql": ("CREATE INDEX chip ON pets_pet (color)",), "sqlite": ()}, {}),
    ],
    ids=["not null", "remove", "rename", "type", "constraint", "index"],
)
def test_a_migration_that_contracts_is_found(operation: Any) -> None:
    assert list(find_faults(_collect(operation)))


def test_a_migration_that_expands_is_good() -> None:
    chip = models.ForeignKey("pets.Pet", models.CASCADE, null=True)
    operations = (
        AddField("pet", "chip", models.IntegerField(null=True)),
        AddField("pet", "legs", models.IntegerField(db_default=4)),
        CreateModel("Tag", [("id", models.BigAutoField(primary_key=True)), ("pet", chip)]),
        AddField("tag", "text", models.TextField(default="", unique=True)),
    )
    assert list(find_faults(_collect(*operations))) == []

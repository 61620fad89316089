"""The scripts of pgbench: lines that choose a tenant, and what the application sends."""

import json
import sys
from pathlib import Path

from benchmarks.processes import run_command_to_end

ROOT = Path(__file__).resolve().parent.parent.parent
RECORD = "import django; django.setup(); from benchmarks.sharding.use_cases import main; main()"
NEXT_ORDER = r"""\set sold :sold + 1
\set number :orders + (:sold - 1) * :clients + :client_id
\set tenant :first + :number % :tenants
"""
"""The next pet that is for sale; its tenant follows from its number, so each order is of another tenant."""
ANY_ORDER = r"""\set number random(0, :orders - 1)
\set tenant :first + :number % :tenants
"""
CHOICES = {"orders": NEXT_ORDER, "reads": ANY_ORDER, "lists": ANY_ORDER}


def write_scripts(database_url: str, folder: Path) -> dict[str, Path]:
    """Record what the application sends to a migrated database, and write a script for each operation."""
    environment = {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "petstore.settings.dev"}
    printed = run_command_to_end((sys.executable, "-c", RECORD), ROOT, environment)
    recorded: dict[str, str] = json.loads(printed.splitlines()[-1])
    scripts = {}
    for name, statements in recorded.items():
        scripts[name] = folder / f"{name}.sql"
        scripts[name].write_text(CHOICES[name] + statements)
    return scripts


def migrate_database(database_url: str) -> None:
    """Make the application's tables."""
    environment = {"DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": "petstore.settings.dev"}
    run_command_to_end((sys.executable, "manage.py", "migrate", "--verbosity", "0"), ROOT, environment)


def copy_schema(source_url: str, target_url: str, dump: Path) -> None:
    """Bring tables and what migrations have put into them to another cluster."""
    run_command_to_end(("pg_dump", f"--file={dump}", source_url), ROOT, {})
    run_command_to_end(("psql", "--quiet", "--set=ON_ERROR_STOP=1", f"--file={dump}", target_url), ROOT, {})

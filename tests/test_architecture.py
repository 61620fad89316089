"""Rules of the layout that import-linter cannot express (docs/architecture.md, Layers)."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.naming import PACKAGES, ROOT, source_files

DOMAIN = tuple(package for package in PACKAGES if package != "petstore")
WEB_MODULES = ("django.contrib.admin", "django.http", "django.shortcuts", "django.urls", "django.views")
MIGRATION_LIBRARIES = (
    *("django", "collections", "datetime", "typing", "uuid"),
    *("tenants.migration_operations", "tenants.partition_operations"),
)
NOT_HOMES = {"utils.py", "helpers.py", "signals.py"}


def imported_modules(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_within(module: str, packages: tuple[str, ...]) -> bool:
    return any(module == package or module.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("package", DOMAIN)
def test_the_domain_knows_no_requests_views_or_pages(package: str) -> None:
    offenders = {
        f"{file.relative_to(ROOT)} imports {module}"
        for file in source_files((package,))
        for module in imported_modules(file)
        if is_within(module, WEB_MODULES)
    }
    assert not offenders


def test_migrations_import_no_living_code() -> None:
    migrations = [file for package in PACKAGES for file in (ROOT / package).rglob("migrations/0*.py")]
    assert migrations
    offenders = {
        f"{file.relative_to(ROOT)} imports {module}"
        for file in migrations
        for module in imported_modules(file)
        if not is_within(module, MIGRATION_LIBRARIES)
    }
    assert not offenders


def test_no_module_is_a_drawer_for_everything() -> None:
    assert not [file for file in source_files() if file.name in NOT_HOMES]

"""Check of the store's migrations: those of earlier versions cannot be continued."""

from collections.abc import Sequence
from typing import Any, Final

from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

REMOVED_APP: Final = "traffic"
REMOVED_NAME: Final = "0002_walls"
"""Stores of earlier versions have migrations of this app, or of this name in several apps."""
OLD_STORE: Final = (
    "The store was made by an earlier version and cannot be brought up to date: run `manage.py demo --fresh` to make a "
    "demo store anew, or name an empty database in DATABASE_URL."
)


def check_store_version(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse a store that was made by migrations that no longer exist."""
    if DEFAULT_DB_ALIAS not in (databases or ()):
        return []
    try:
        applied = MigrationRecorder(connections[DEFAULT_DB_ALIAS]).applied_migrations()
    except DatabaseError:  # it is away; what needs it says so
        return []
    suspects = [each for each in applied if each[0] == REMOVED_APP or each[1] == REMOVED_NAME]
    if not suspects or not set(suspects) - MigrationLoader(None).disk_migrations.keys():
        return []
    return [Error(OLD_STORE, id="petstore.E021")]

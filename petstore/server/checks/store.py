"""Check that the store's tables are of this release: migrations of before it cannot be continued."""

from collections.abc import Sequence
from typing import Any, Final

from django.core.checks import CheckMessage, Error
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder

REMOVED_APP: Final = "traffic"
REMOVED_NAME: Final = "0002_walls"
"""What stores of before this release have among their migrations: this app's, or this name in several apps."""
OLD_STORE: Final = (
    "The store was made by an earlier version and cannot be brought up to date: run `manage.py demo --fresh` to make a "
    "demo store anew, or name an empty database in DATABASE_URL."
)


def check_store_version(*, databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """Refuse a store that was made by the migrations of before this release."""
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

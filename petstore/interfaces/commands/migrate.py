from typing import Any

from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from psycopg.errors import LockNotAvailable

from database.timeouts import MIGRATION, use_timeouts


class Command(migrate.Command):
    """Django's command with a short wait for locks, because every later query waits behind it."""

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            connection.close()  # it may have been opened with the time-outs of another command
        try:
            with use_timeouts(MIGRATION):
                super().handle(*args, **options)
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise CommandError(
                    f"Somebody has held a lock on a table for {MIGRATION.lock} s: this migration has changed nothing, "
                    "and nobody waits behind it any longer. Run migrate again, best when less is going on."
                ) from error
            raise

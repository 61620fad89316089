from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from psycopg.errors import LockNotAvailable

from database.roles import log_in_as_owner
from database.row_security import secure_tables
from database.timeouts import MIGRATION, use_timeouts


class Command(migrate.Command):
    """Django's command as the owner of the tables, which it leaves under row-level security.

    It waits for locks a short time only, because every later query waits behind it.
    """

    def handle(self, *args: Any, **options: Any) -> None:
        connection = connections[options["database"]]
        if connection.vendor == "postgresql" and not connection.in_atomic_block:
            connection.close()  # it may have been opened with the time-outs of another command
        user = connection.settings_dict["USER"]
        try:
            with use_timeouts(MIGRATION), log_in_as_owner(connection, settings.DATABASE_OWNER):
                super().handle(*args, **options)
                if connection.vendor == "postgresql" and not (options["plan"] or options["check_unapplied"]):
                    self._secure_tables(connection, user, options["verbosity"])
        except OperationalError as error:
            if isinstance(error.__cause__, LockNotAvailable):
                raise CommandError(
                    f"Somebody has held a lock on a table for {MIGRATION.lock} s: this migration has changed nothing, "
                    "and nobody waits behind it any longer. Run migrate again, best when less is going on."
                ) from error
            raise

    def _secure_tables(self, connection: BaseDatabaseWrapper, user: str, verbosity: int) -> None:
        with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
            changes = secure_tables(cursor, user)
        if verbosity and changes:
            self.stdout.write(f"Row-level security is forced on {len(changes)} more tables.")

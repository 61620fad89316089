from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.db import DEFAULT_DB_ALIAS, connections, transaction

from database.roles import create_database_roles, log_in_as_owner
from petstore.interfaces.commands import base


class Command(base.Command):
    help = (
        "Make the roles that row-level security needs, by the names and passwords of DATABASE_URL and "
        "DATABASE_OWNER_URL, and print each step. It can be run again at any time."
    )

    def handle(self, *_args: Any, **_options: Any) -> None:
        connection = connections[DEFAULT_DB_ALIAS]
        if connection.vendor != "postgresql" or settings.DATABASE_OWNER is None:
            raise CommandError(
                "This needs PostgreSQL and two addresses: the application's role in DATABASE_URL, and in "
                "DATABASE_OWNER_URL a role for the same database that may create roles and will own the tables."
            )
        user, password = connection.settings_dict["USER"], connection.settings_dict["PASSWORD"]
        try:
            with (
                log_in_as_owner(connection, settings.DATABASE_OWNER),
                transaction.atomic(),
                connection.cursor() as cursor,
            ):
                steps = list(create_database_roles(cursor, user, password))
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        for step in steps or ["Roles, rights and policies are as they have to be; nothing was changed."]:
            self.stdout.write(step)

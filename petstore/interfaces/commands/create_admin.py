import getpass
import os
import sys
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.services.registration import create_admin_account
from petstore.interfaces.commands import base

PASSWORD_VARIABLE = "PETSTORE_ADMIN_PASSWORD"  # noqa: S105  # the variable's name, not a password


class Command(base.Command):
    help = f"Create an admin and print the id. The password is asked for, or read from {PASSWORD_VARIABLE} or stdin."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument("email", metavar="EMAIL")
        parser.add_argument("--password-stdin", action="store_true", help="read it from the first line of stdin")

    def handle(self, *_args: Any, **options: Any) -> None:
        password = _read_password(from_stdin=options["password_stdin"])
        user = create_admin_account(username=options["username"], password=password, email=options["email"])
        self.stdout.write(str(user.id))


def _read_password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    given = os.environ.get(PASSWORD_VARIABLE)
    if given:
        return given
    if not sys.stdin.isatty():
        raise CommandError(f"Set {PASSWORD_VARIABLE} or use --password-stdin where nobody can be asked.")
    password = getpass.getpass("Password: ")
    if password != getpass.getpass("Again: "):
        raise CommandError("The two passwords differ.")
    return password

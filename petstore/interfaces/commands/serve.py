import socket
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser

from database.timeouts import WEB
from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import parse_count
from petstore.server.listener import become_supervisor, format_address, is_loopback, open_listener, reserve_port

UNSAFE_ADDRESS = (
    "WARNING: others can reach this address, and these are a laptop's settings: no https, and publicly known keys "
    "unless you have set your own. Set DJANGO_SETTINGS_MODULE=petstore.settings.prod."
)

OTHER_GRPC_PORT = "GRPC_PORT chooses another port for gRPC, 0 none."
MAX_PORT = 65_535
MAX_WORKERS = 64


class Command(base.Command):
    help = "Serve HTTP and run the background worker; Ctrl-C stops both."
    timeouts = WEB
    runs_the_store = True

    def add_arguments(self, parser: CommandParser) -> None:
        add_serving_arguments(parser)
        add_migrate_argument(parser)
        parser.add_argument("--no-worker", action="store_true", help="no background worker: run_worker runs elsewhere")

    def handle(self, *_args: Any, **options: Any) -> None:
        check_serving_options(options)
        with (
            open_listener(options["host"], options["port"]) as listener,
            reserve_grpc_port(self, options["host"]) as grpc,
        ):
            run_requested_migration(options)
            if not (settings.IS_PRODUCTION or is_loopback(listener)):
                self.stderr.write(self.style.WARNING(UNSAFE_ADDRESS))
            self.stdout.write(f"Serving at {format_address(listener)}; Ctrl-C stops.")
            become_supervisor(listener, options["workers"], grpc, has_worker=not options["no_worker"])


def add_serving_arguments(parser: CommandParser) -> None:
    """Add the options of every command that serves."""
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=parse_count, default=8000)
    parser.add_argument("--workers", type=parse_count, default=1, help="web processes; default: 1")


def reserve_grpc_port(command: base.Command, host: str) -> AbstractContextManager[socket.socket | None]:
    """Keep GRPC_PORT for gRPC; without it, and with a warning, where it was not named and somebody has it.

    Raises:
        CommandError: GRPC_PORT was named, and cannot be had.
    """
    if not settings.GRPC_PORT:
        return nullcontext()
    try:
        return reserve_port(host, settings.GRPC_PORT)
    except CommandError as error:
        if settings.IS_GRPC_PORT_NAMED:
            raise CommandError(f"{error} {OTHER_GRPC_PORT}") from error
        command.stderr.write(command.style.WARNING(f"WARNING: gRPC is off. {error} {OTHER_GRPC_PORT}"))
        return nullcontext()


def add_migrate_argument(parser: CommandParser) -> None:
    """Add `--migrate` to a command whose store may be of an older version."""
    parser.add_argument("--migrate", action="store_true", help="bring the database up to date first")


def run_requested_migration(options: dict[str, Any]) -> None:
    """Migrate if `--migrate` is given."""
    if options["migrate"]:
        call_command("migrate", interactive=False, verbosity=0)


def check_serving_options(options: dict[str, Any]) -> None:
    """Raise CommandError for numbers that are out of range."""
    if options["port"] > MAX_PORT:
        raise CommandError(f"--port: give a port up to {MAX_PORT}.")
    if not 1 <= options["workers"] <= MAX_WORKERS:
        raise CommandError(f"--workers: give 1 to {MAX_WORKERS}.")

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError, CommandParser

from database.timeouts import WEB
from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import parse_count
from petstore.interfaces.commands.serve import MAX_PORT, UNSAFE_ADDRESS
from petstore.server.file_descriptors import raise_file_limit
from petstore.server.grpc_process import format_grpc_address
from petstore.server.listener import is_loopback, reserve_port


class Command(base.Command):
    """The command without its server, which its door hands it: commands know no protocol."""

    help = "Serve gRPC alone, without HTTP and without the background worker; Ctrl-C stops."
    timeouts = WEB
    runs_the_store = True

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=parse_count, default=settings.GRPC_PORT, help="default: GRPC_PORT")

    def serve_address(self, address: str) -> None:
        """Serve at an address such as `127.0.0.1:50051` until SIGTERM or Ctrl-C."""
        raise NotImplementedError

    def handle(self, *_args: Any, **options: Any) -> None:
        if not 1 <= options["port"] <= MAX_PORT:
            raise CommandError(f"--port: give a port from 1 to {MAX_PORT}.")
        with reserve_port(options["host"], options["port"]) as reserved:
            if not (settings.IS_PRODUCTION or is_loopback(reserved)):
                self.stderr.write(self.style.WARNING(UNSAFE_ADDRESS))
            raise_file_limit()
            self.stdout.write(f"Serving gRPC at {format_grpc_address(reserved)}; Ctrl-C stops.")
            self.stdout.flush()
            self.serve_address(format_grpc_address(reserved))

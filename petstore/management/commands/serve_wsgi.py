import os
from importlib import import_module
from typing import Any

from django.core.management.base import CommandParser
from django.db import connections
from granian import Granian
from granian.constants import Interfaces
from granian.log import LogLevels

from petstore.management import base
from petstore.management.commands.serve import (
    add_migrating_argument,
    add_serving_arguments,
    check_serving_options,
    migrate_if_asked,
)
from petstore.operations.lifeline import Lifeline

APPLICATION = "petstore.wsgi"
THREADS = 2
"""A web process works on one request while another one waits for the database; more would wait for one another."""


class Command(base.Command):
    help = "Serve HTTP by granian, for the most requests a second; run_worker has to run beside it."

    def add_arguments(self, parser: CommandParser) -> None:
        add_serving_arguments(parser)
        add_migrating_argument(parser)

    def handle(self, *_args: Any, **options: Any) -> None:
        check_serving_options(options)
        migrate_if_asked(options)
        import_module(APPLICATION)  # before the processes are forked, so that they share what is loaded
        connections.close_all()  # a connection cannot be shared
        os.register_at_fork(after_in_child=Lifeline.open().hold)
        self.stdout.write(f"Serving at http://{options['host']}:{options['port']}; Ctrl-C stops.")
        Granian(
            f"{APPLICATION}:application",
            address=options["host"],
            port=options["port"],
            interface=Interfaces.WSGI,
            workers=options["workers"],
            blocking_threads=THREADS,
            respawn_failed_workers=True,
            log_level=LogLevels.warning,
        ).serve()

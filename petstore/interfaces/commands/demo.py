from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandParser

from petstore.demo.seeds.store import DEFAULT_ORDERS, DEFAULT_TENANTS, seed_store
from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import parse_count
from petstore.interfaces.commands.seed_demo import OF_ALL, describe_seeded_store
from petstore.interfaces.commands.serve import add_serving_arguments, check_serving_options
from petstore.server.listener import become_supervisor, format_address, open_listener

PAGES = (
    ("", "the store"),
    (f"{settings.API_PREFIX}docs", "the API, to read and try"),
    (settings.BACK_OFFICE_PREFIX, "the back office"),
)


class Command(base.Command):
    help = "Make a demo store and serve it: migrate, seed_demo and serve in one."

    def add_arguments(self, parser: CommandParser) -> None:
        add_serving_arguments(parser)
        parser.add_argument("--password", default="", help=OF_ALL)
        parser.add_argument("--orders", type=parse_count, default=DEFAULT_ORDERS, help="how many there are to be")

    def handle(self, *_args: Any, **options: Any) -> None:
        check_serving_options(options)
        listener = open_listener(options["host"], options["port"])
        call_command("migrate", interactive=False, verbosity=0)
        with self.show_progress(options, total=options["orders"], unit="orders") as bar:
            seeded = seed_store(
                password=options["password"],
                orders=options["orders"],
                tenants=DEFAULT_TENANTS,
                on_progress=bar.update,
            )
        self.stdout.write(describe_seeded_store(seeded))
        for path, label in PAGES:
            self.stdout.write(f"{format_address(listener)}{path}  {label}")
        self.stdout.write("Ctrl-C stops.")
        become_supervisor(listener, options["workers"])

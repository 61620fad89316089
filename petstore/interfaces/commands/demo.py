from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError, CommandParser
from django.db import connection

from petstore.demo.deletion import count_demo_accounts, delete_demo_store
from petstore.demo.seeds.store import DEFAULT_ORDERS, DEFAULT_TENANTS, SeededStore, seed_store
from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import parse_count
from petstore.interfaces.commands.seed_demo import HELP_ON_ACCOUNTS, describe_seeded_store
from petstore.interfaces.commands.serve import add_serving_arguments, check_serving_options, reserve_grpc_port
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
        parser.add_argument("--password", default="", help=HELP_ON_ACCOUNTS)
        parser.add_argument("--orders", type=parse_count, default=DEFAULT_ORDERS, help="the least number of orders")
        parser.add_argument("--fresh", action="store_true", help="first delete the demo store that DATABASE_URL names")
        parser.add_argument("--yes", action="store_true", help="with --fresh: do not ask")

    def handle(self, *_args: Any, **options: Any) -> None:
        check_serving_options(options)
        with (
            open_listener(options["host"], options["port"]) as listener,
            reserve_grpc_port(self, options["host"]) as grpc,
        ):
            if options["fresh"]:
                self._delete_demo_store(is_confirmed=options["yes"])
            call_command("migrate", interactive=False, verbosity=0, skip_checks=False)
            self.stdout.write(describe_seeded_store(self._seed_demo_store(options)))
            for path, label in PAGES:
                self.stdout.write(f"{format_address(listener)}{path}  {label}")
            self.stdout.write("Ctrl-C stops.")
            become_supervisor(listener, options["workers"], grpc)

    def _seed_demo_store(self, options: dict[str, Any]) -> SeededStore:
        with self.show_progress(options, total=options["orders"], unit="orders") as bar:
            return seed_store(
                password=options["password"],
                orders=options["orders"],
                tenants=DEFAULT_TENANTS,
                on_progress=bar.update,
            )

    def _delete_demo_store(self, *, is_confirmed: bool) -> None:
        """Delete the store if it is a demo's and the person agrees; raises CommandError."""
        if settings.IS_PRODUCTION:
            raise CommandError("--fresh: production settings are in use, and no store is deleted with them.")
        accounts, name = count_demo_accounts(), connection.settings_dict["NAME"]
        if not is_confirmed and not _ask_to_delete(
            f"Delete the demo store {name} with its {accounts} accounts? [yes/no] "
        ):
            raise CommandError("Nothing was deleted. Answer yes, or use --yes where nobody can be asked.")
        delete_demo_store()


def _ask_to_delete(question: str) -> bool:
    try:
        return input(question).strip().lower() == "yes"
    except EOFError:
        return False

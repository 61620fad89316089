from typing import Any

from django.core.management.base import CommandParser

from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import parse_duration
from petstore.server.purge import PURGES


class Command(base.Command):
    help = "Delete rows that are no longer needed and give up deliveries that wait too long; by default all kinds."

    def add_arguments(self, parser: CommandParser) -> None:
        for name, purge in PURGES.items():
            parser.add_argument(f"--{name.replace('_', '-')}", action="store_true", help=purge.label)
        parser.add_argument(
            "--older-than",
            type=parse_duration,
            help="since they ended, or have waited; default: 24h, for deliveries 30d, for chats 365d, for origins 90d, "
            "for erased 3d (of these three only where they are chosen)",
        )
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *_args: Any, **options: Any) -> None:
        dry_run, chosen = options["dry_run"], [name for name in PURGES if options[name]]
        for name in chosen or PURGES:
            purge, older_than = PURGES[name], options["older_than"]
            if older_than is None or (purge.only_by_name and not chosen):
                older_than = purge.older_than
            number = purge.run(older_than=older_than, dry_run=dry_run)
            self.stdout.write(f"{number} {purge.label} {'would be ' if dry_run else ''}{purge.done}.")

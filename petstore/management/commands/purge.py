from typing import Any

from django.core.management.base import CommandParser

from petstore.management import base
from petstore.management.base import a_duration
from petstore.operations.housekeeping import PURGES


class Command(base.Command):
    help = "Delete rows that have done their work, give up what nobody takes; without a choice of kinds, all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        for name, purge in PURGES.items():
            parser.add_argument(f"--{name.replace('_', '-')}", action="store_true", help=purge.label)
        parser.add_argument(
            "--older-than", type=a_duration, help="since they ended, or have waited; default: 24h, for deliveries 30d"
        )
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *_args: Any, **options: Any) -> None:
        is_trial = options["dry_run"]
        for name in [name for name in PURGES if options[name]] or PURGES:
            purge = PURGES[name]
            older_than = purge.older_than if options["older_than"] is None else options["older_than"]
            number = purge.run(older_than=older_than, is_trial=is_trial)
            self.stdout.write(f"{number} {purge.label} {'would be ' if is_trial else ''}{purge.done}.")

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from accounts.services.housekeeping import purge_logins
from petstore.management import base
from petstore.management.base import a_duration
from traffic.housekeeping import purge_rate_windows, purge_stored_answers

KINDS: dict[str, tuple[str, Callable[..., int]]] = {
    "idempotency": ("answers to idempotency keys", purge_stored_answers),
    "tokens": ("log-ins that have ended", purge_logins),
    "rate_windows": ("rate limit windows that are over", purge_rate_windows),
}


class Command(base.Command):
    help = "Delete rows that have done their work; without a choice of kinds, all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        for name, (label, _) in KINDS.items():
            parser.add_argument(f"--{name.replace('_', '-')}", action="store_true", help=label)
        parser.add_argument(
            "--older-than", type=a_duration, default=timedelta(hours=24), help="since they ended; default: 24h"
        )
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *_args: Any, **options: Any) -> None:
        is_trial = options["dry_run"]
        for name in [name for name in KINDS if options[name]] or KINDS:
            label, purge = KINDS[name]
            number = purge(older_than=options["older_than"], is_trial=is_trial)
            self.stdout.write(f"{number} {label} {'would be ' if is_trial else ''}deleted.")

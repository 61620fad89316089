from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from accounts.services.housekeeping import purge_logins, purge_sessions
from petstore.management import base
from petstore.management.base import a_duration
from traffic.housekeeping import purge_rate_windows, purge_stored_answers
from webhooks.services.purging import give_up_waiting, purge_deliveries

DAY, MONTH = timedelta(hours=24), timedelta(days=30)
WAITING = "webhook deliveries that wait for a paused receiver or a suspended tenant"
KINDS: dict[str, tuple[str, Callable[..., int], timedelta]] = {
    "idempotency": ("answers to idempotency keys", purge_stored_answers, DAY),
    "tokens": ("log-ins that have ended", purge_logins, DAY),
    "sessions": ("sessions of the back office that have ended", purge_sessions, DAY),
    "rate_windows": ("rate limit windows that are over", purge_rate_windows, DAY),
    "deliveries": ("settled webhook deliveries", purge_deliveries, MONTH),
    "waiting": (WAITING, give_up_waiting, MONTH),
}


class Command(base.Command):
    help = "Delete rows that have done their work, give up what nobody takes; without a choice of kinds, all of them."

    def add_arguments(self, parser: CommandParser) -> None:
        for name, (label, *_) in KINDS.items():
            parser.add_argument(f"--{name.replace('_', '-')}", action="store_true", help=label)
        parser.add_argument(
            "--older-than", type=a_duration, help="since they ended, or have waited; default: 24h, for deliveries 30d"
        )
        parser.add_argument("--dry-run", action="store_true", help="only count them")

    def handle(self, *_args: Any, **options: Any) -> None:
        is_trial = options["dry_run"]
        for name in [name for name in KINDS if options[name]] or KINDS:
            label, purge, age = KINDS[name]
            older_than = age if options["older_than"] is None else options["older_than"]
            number = purge(older_than=older_than, is_trial=is_trial)
            done = "given up" if name == "waiting" else "deleted"
            self.stdout.write(f"{number} {label} {'would be ' if is_trial else ''}{done}.")

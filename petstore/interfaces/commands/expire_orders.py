from datetime import timedelta
from typing import Any

from django.core.management.base import CommandParser

from payments.expiry import expire_order, find_overdue_orders
from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import parse_duration


class Command(base.Command):
    help = "Cancel the orders of every tenant that have been unpaid for too long."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--older-than", type=parse_duration, default=timedelta(hours=24), help="default: 24h")
        parser.add_argument("--dry-run", action="store_true", help="only list them")

    def handle(self, *_args: Any, **options: Any) -> None:
        overdue = find_overdue_orders(older_than=options["older_than"])
        if options["dry_run"]:
            for order in overdue:
                self.stdout.write(f"{order.id} placed {order.created_at:%Y-%m-%d %H:%M}")
            self.stdout.write(f"{len(overdue)} orders would be cancelled.")
            return
        expired = 0
        with self.show_progress(options, total=len(overdue), unit="orders") as bar:
            for order in overdue:
                expired += expire_order(order)
                bar.update()
        self.stdout.write(f"{expired} orders cancelled.")

from typing import Any

from django.core.management.base import CommandError

from events.queries import events_set_aside
from events.sealing import first_broken_seal
from orders import journal_check
from orders.journal_check import Check
from payments import journal_check as payments_check
from petstore.management import base
from petstore.management.base import shown

CHAIN = "The hash chain is whole"
READABLE = "Every event can be read"


class Command(base.Command):
    help = "Check the hash chain, and that journal, orders, histories, pets and payments agree."

    def handle(self, *_args: Any, **_options: Any) -> None:
        position = first_broken_seal()
        chain = Check(CHAIN, () if position is None else (f"broken at position {position}",))
        readable = Check(READABLE, tuple(map(str, events_set_aside())))
        found = [chain, readable, *journal_check.checks(), *payments_check.checks()]
        for check in found:
            self.stdout.write(f"{'wrong' if check.broken else 'ok':<6}{check.claim}")
            if check.broken:
                self.stdout.write(shown(check.broken))
        wrong = sum(bool(check.broken) for check in found)
        if wrong:
            raise CommandError(f"{wrong} of {len(found)} checks found disagreements.")
        self.stdout.write(f"All {len(found)} checks agree.")

from pathlib import Path
from typing import Any

from django.core.management.base import CommandError, CommandParser

from chat.integrity import run_room_checks
from events.chain_heads import find_missing_heads
from events.hash_chain import find_first_broken_link
from events.integrity import IntegrityCheck
from events.queries import list_quarantined_events
from orders import integrity
from payments import integrity as payments_check
from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import format_rows
from petstore.server.journal_heads import UnreadableHeads, read_journal_heads

CHAIN_CLAIM = "The hash chain is whole"
HEADS_CLAIM = "Every recorded head is in the chain"
READABLE_CLAIM = "Every event can be read"


class Command(base.Command):
    help = "Check the hash chain, and that journal, orders, histories, pets, payments and support rooms agree."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--since",
            type=Path,
            metavar="FILE",
            help="the file of recorded heads (JOURNAL_HEADS_FILE), to find out whether the journal's end was cut off",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        noted = [_check_recorded_heads(options["since"])] if options["since"] else []
        position = find_first_broken_link()
        chain = IntegrityCheck(CHAIN_CLAIM, () if position is None else (f"broken at position {position}",))
        readable = IntegrityCheck(READABLE_CLAIM, tuple(map(str, list_quarantined_events())))
        found = [chain, *noted, readable, *integrity.run_order_checks(), *payments_check.run_payment_checks()]
        found += run_room_checks()
        for check in found:
            self.stdout.write(f"{'wrong' if check.broken else 'ok':<6}{check.claim}")
            if check.broken:
                self.stdout.write(format_rows(check.broken))
        wrong = sum(bool(check.broken) for check in found)
        if wrong:
            raise CommandError(f"{wrong} of {len(found)} checks found disagreements.")
        self.stdout.write(f"All {len(found)} checks agree.")


def _check_recorded_heads(file: Path) -> IntegrityCheck:
    try:
        heads = read_journal_heads(file)
    except UnreadableHeads as error:
        raise CommandError(str(error)) from error
    missing = find_missing_heads(heads)
    return IntegrityCheck(
        HEADS_CLAIM, tuple(f"position {head.position}, noted {head.at:%Y-%m-%d %H:%M}" for head in missing)
    )

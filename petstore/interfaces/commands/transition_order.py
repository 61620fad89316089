import sys
from functools import partial
from typing import Any

from django.core.management.base import CommandError, CommandParser

from kernel.actor import SYSTEM
from orders.queries import find_tenant_of_order
from orders.states import Status, command_to
from payments.errors import UnpaidOrderNeedsReason
from payments.services.order_transitions import transition_order
from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import parse_uuid
from tenants.scoping import tenant_scope


class Command(base.Command):
    help = "Move an order one step along the state table. At a terminal it asks for a reason where nobody has paid."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="ID", type=parse_uuid)
        parser.add_argument("status", metavar="STATUS", type=str.upper, choices=list(Status), help=", ".join(Status))
        parser.add_argument("--reason", default="", help="a sentence for the order's history")

    def handle(self, *_args: Any, **options: Any) -> None:
        step = partial(
            transition_order, order_id=options["id"], command=command_to(Status(options["status"])), actor=SYSTEM
        )
        with tenant_scope(find_tenant_of_order(options["id"])):
            try:
                order = step(reason=options["reason"], allows_unexplained=not sys.stdin.isatty())
            except UnpaidOrderNeedsReason as error:
                order = step(reason=_ask_for_reason(f"{error.detail}. Reason: "))
        self.stdout.write(f"{order.id} {order.status}")


def _ask_for_reason(question: str) -> str:
    """Ask the person at the terminal; raises CommandError if there is nobody."""
    try:
        return input(question)
    except EOFError as error:
        raise CommandError("No reason was given; nothing was changed.") from error

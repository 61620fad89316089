from typing import Any

from django.core.management.base import CommandParser

from kernel.actor import SYSTEM
from orders.queries import home_of_order
from orders.states import Status, toward
from payments.services.moving import transition_order
from petstore.management import base
from petstore.management.base import an_id
from tenants.scoping import tenant_scope


class Command(base.Command):
    help = "Move an order one step along the state table."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="ID", type=an_id)
        parser.add_argument("status", metavar="STATUS", type=str.upper, choices=list(Status), help=", ".join(Status))
        parser.add_argument("--reason", default="", help="a sentence for the order's history")

    def handle(self, *_args: Any, **options: Any) -> None:
        command = toward(Status(options["status"]))
        with tenant_scope(home_of_order(options["id"])):
            order = transition_order(order_id=options["id"], command=command, actor=SYSTEM, reason=options["reason"])
        self.stdout.write(f"{order.id} {order.status}")

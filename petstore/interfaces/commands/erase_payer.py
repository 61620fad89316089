from typing import Any

from django.core.management.base import CommandParser

from erasure.services import erase_payer
from kernel.actor import SYSTEM
from orders.queries import find_tenant_of_order
from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import parse_uuid
from tenants.scoping import tenant_scope


class Command(base.Command):
    help = "Erase the payer of an order without an account: name, address, callbacks. Brand, last digits, amounts stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("order_id", metavar="ORDER_ID", type=parse_uuid)
        parser.add_argument("--dry-run", action="store_true", help="only check that the order exists")

    def handle(self, *_args: Any, **options: Any) -> None:
        order_id = options["order_id"]
        with tenant_scope(find_tenant_of_order(order_id)):
            if options["dry_run"]:
                self.stdout.write(f"The payer of {order_id} would be erased.")
                return
            erase_payer(order_id=order_id, actor=SYSTEM)
        self.stdout.write(f"The payer of {order_id} is erased.")

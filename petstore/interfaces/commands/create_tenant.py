from typing import Any

from django.core.management.base import CommandParser

from accounts.services.tenants import create_tenant
from kernel.actor import SYSTEM
from petstore.interfaces.commands import base
from tenants.models import Tenant


class Command(base.Command):
    help = "Open a tenant and print its id."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME")
        parser.add_argument(
            "--access", type=str.upper, choices=Tenant.Access.values, default=Tenant.Access.OPEN, help="who may enter"
        )
        parser.add_argument("--staff", metavar="USERNAME", default="", help="an existing staff member to add to it")

    def handle(self, *_args: Any, **options: Any) -> None:
        tenant = create_tenant(
            name=options["name"], access=options["access"], staff_username=options["staff"], actor=SYSTEM
        )
        self.stdout.write(str(tenant.id))

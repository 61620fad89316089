from typing import Any

from django.core.management.base import CommandParser

from accounts.queries import get_visible_user, tenant_of_user
from erasure.services import erase_user
from kernel.actor import SYSTEM
from petstore.interfaces.commands import base
from petstore.interfaces.commands.base import parse_uuid
from tenants.scoping import tenant_scope


class Command(base.Command):
    help = "Close an account and erase its personal data; its orders stay."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("id", metavar="ID", type=parse_uuid)
        parser.add_argument("--dry-run", action="store_true", help="only print the account")

    def handle(self, *_args: Any, **options: Any) -> None:
        user_id = options["id"]
        with tenant_scope(tenant_of_user(user_id)):
            user = get_visible_user(user_id, actor=SYSTEM)
            if options["dry_run"]:
                self.stdout.write(f"{user.username} ({user.role}) would be erased.")
                return
            erase_user(user_id=user_id, actor=SYSTEM)
        self.stdout.write(f"{user_id} is erased.")

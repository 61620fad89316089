from typing import Any

from django.core.management.base import CommandParser

from accounts.groups import ASSIGNABLE
from accounts.queries import get_back_office_user
from accounts.services.groups import assign_staff_group
from kernel.actor import SYSTEM
from petstore.interfaces.commands import base
from tenants.scoping import tenant_scope


class Command(base.Command):
    help = "Put a staff member into a group, which grants permissions; it applies from the next request on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username", metavar="USERNAME")
        parser.add_argument(
            "group", metavar="GROUP", type=str.title, choices=[*map(str, ASSIGNABLE)], help=", ".join(ASSIGNABLE)
        )
        parser.add_argument("--reason", default="", help="a sentence for the journal")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = get_back_office_user(options["username"])
        with tenant_scope(user.tenant_id):
            assign_staff_group(user_id=user.pk, group=options["group"], reason=options["reason"], actor=SYSTEM)
        self.stdout.write(f"{user.username} {options['group']}")

from typing import Any

from django.core.management.base import CommandParser

from accounts.queries import get_back_office_user, tenant_of_user
from accounts.services.passwords import make_reset_token
from kernel import ids
from kernel.actor import SYSTEM
from petstore.interfaces.commands import base
from petstore.interfaces.http.reset_links import build_reset_link
from tenants.scoping import tenant_scope


class Command(base.Command):
    help = "Print a link to set a new password, valid once and for 24 hours."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "who",
            metavar="USERNAME_OR_ID",
            help="the username of staff or an admin; the id of a customer, for tenants may share usernames",
        )

    def handle(self, *_args: Any, **options: Any) -> None:
        user_id = ids.parse_id(options["who"]) or get_back_office_user(options["who"]).pk
        with tenant_scope(tenant_of_user(user_id)):
            token = make_reset_token(user_id=user_id, actor=SYSTEM)
        self.stdout.write(build_reset_link(user_id, token, site="http://localhost:8000"))

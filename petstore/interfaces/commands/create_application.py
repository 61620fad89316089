import json
from typing import Any

from django.core.management.base import CommandParser

from applications.representation import represent_application
from applications.services.registration import RegisteredApplication, register_application
from kernel.access import TokenScope
from kernel.actor import SYSTEM
from petstore.interfaces.commands import base
from tenants.queries import find_tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope

SECRET_NOTE = "Keep the secret now: it is stored as a digest and cannot be shown again."  # noqa: S105  # a sentence


class Command(base.Command):
    help = "Register an application of another developer, which may then ask users for access (OAuth 2.0)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name", metavar="NAME", help="as users read it when they are asked")
        parser.add_argument(
            "--redirect-uri",
            nargs="+",
            action="extend",
            default=[],
            metavar="URI",
            help="where users are sent back to: https, http on 127.0.0.1 or [::1], or com.example.app:/ with --public",
        )
        parser.add_argument(
            "--scope",
            nargs="+",
            action="extend",
            default=[],
            metavar="SCOPE",
            help=f"what it may ask for: {' '.join(TokenScope)}",
        )
        parser.add_argument(
            "--tenant", default="", metavar="ID", help="id or slug of its tenant; default: the shared pool"
        )
        parser.add_argument("--public", action="store_true", help="it cannot keep a secret, and gets none")
        parser.add_argument("--device", action="store_true", help="it may use the device grant; needs no redirect URI")
        parser.add_argument("--json", action="store_true", help="print it as one line of JSON")

    def handle(self, *_args: Any, **options: Any) -> None:
        tenant_id = find_tenant(options["tenant"]).id if options["tenant"] else SHARED_POOL_ID
        with tenant_scope(tenant_id):
            registered = register_application(
                name=options["name"],
                redirect_uris=options["redirect_uri"],
                scopes=options["scope"],
                is_public=options["public"],
                is_device=options["device"],
                actor=SYSTEM,
            )
        as_json = json.dumps(represent_application(registered.application, registered.secret))
        self.stdout.write(as_json if options["json"] else describe_registered_application(registered))


def describe_registered_application(registered: RegisteredApplication) -> str:
    """Describe a new application for people, with its secret."""
    application = registered.application
    lines = [
        f"{application.name} is registered ({application.type}).",
        f"  client id      {application.client_id}",
        f"  scopes         {' '.join(application.scopes)}",
        *(f"  redirect URI   {uri}" for uri in application.redirect_uris),
    ]
    if application.is_device:
        lines.append("  device grant   yes")
    if registered.secret:
        lines += [f"  client secret  {registered.secret}", SECRET_NOTE]
    return "\n".join(lines)

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from database.timeouts import WEB
from kernel.errors import DomainError
from petstore.interfaces.commands import base


class Command(base.Command):
    """The command without its server, which its door hands it: commands know no protocol."""

    help = "Serve MCP on stdin and stdout, for an AI assistant on this machine; PETSTORE_API_KEY is its token."
    timeouts = WEB
    runs_the_store = True

    def serve_client(self, token: str | None, tenant: str | None) -> None:
        """Serve MCP to the program that started this one.

        Args:
            token: a bearer token; None for none.
            tenant: a tenant's id; None for the shared pool.
        """
        raise NotImplementedError

    def handle(self, *_args: Any, **_options: Any) -> None:
        try:
            self.serve_client(settings.STDIO_API_KEY or None, settings.STDIO_TENANT_ID or None)
        except DomainError as error:
            raise CommandError(f"PETSTORE_API_KEY or PETSTORE_TENANT_ID does not let you in: {error.detail}") from error

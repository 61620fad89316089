"""The tenants' pages, with the secret of their callbacks."""

from collections.abc import Sequence

from django.contrib import admin
from django.http import HttpRequest, HttpResponse

from kernel.actor import Actor, Permission
from petstore.interfaces.backoffice.framework.buttons import Button, CommandAdmin
from petstore.interfaces.backoffice.framework.secrets import secret_page
from petstore.interfaces.backoffice.tenants import TenantAdmin
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from webhooks.services.callbacks import reveal_callback_secret

CALLBACK_SECRET = Button("callback_secret", "Show callback secret", "")
CALLBACK_NOTE = "It signs what is sent to a callbackUrl. It stays the same; whoever may change its webhooks can see it."


@admin.register(Tenant)
class TenantPages(CommandAdmin, TenantAdmin):
    """Whoever changes a tenant's webhooks sees what signs its callbacks, on demand."""

    buttons = (CALLBACK_SECRET,)
    is_versioned = False

    def buttons_for(self, row: Tenant, actor: Actor) -> Sequence[Button]:
        return self.buttons if actor.has_permission(Permission.CHANGE_WEBHOOKS) else ()

    def has_bulk_permission(self, button: Button, actor: Actor) -> bool:
        return False

    def perform(self, button: Button, row: Tenant, *, actor: Actor, reason: str, version: int | None) -> str:
        with tenant_scope(row.pk):
            return reveal_callback_secret(actor=actor)

    def response_command(self, request: HttpRequest, button: Button, row: Tenant, outcome: str) -> HttpResponse:
        return secret_page(self, request, row, secret=outcome, note=CALLBACK_NOTE)

"""The users' pages, with what only higher packages know: the payer whom a closed account forgets, and the address of
the page that a reset link leads to."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from accounts.models import User
from accounts.queries import may_reset_password
from accounts.services.passwords import make_reset_token
from erasure.services import erase_user
from kernel.actor import Actor
from petstore.interfaces.backoffice.framework.buttons import Button
from petstore.interfaces.backoffice.framework.secrets import secret_page
from petstore.interfaces.backoffice.users import UserAdmin
from petstore.interfaces.http.reset_links import reset_link
from tenants.scoping import tenant_scope

RESET_LINK = Button(
    "reset_link",
    "Password reset link",
    "",
    confirms=True,
    note="Whoever has the link can set a new password, once and within 24 hours. Until then the old one stays good.",
    is_sensitive=True,
)
RESET_NOTE = (
    "Hand it to the person themselves: whoever has it can set their password. It works once, within 24 hours, "
    "and is not shown again."
)


@admin.register(User)
class UserPages(UserAdmin):
    """Customers, staff and admins."""

    buttons = (*UserAdmin.buttons, RESET_LINK)

    def render_change_form(self, request: HttpRequest, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        user = kwargs.get("obj")
        if user is not None:
            journal = f"{reverse('admin:events_auditevent_changelist')}?actor={user.pk}"
            context["links"] = [("Journal of this user's actions", journal)]
        return super().render_change_form(request, context, **kwargs)

    def buttons_for(self, row: User, actor: Actor) -> tuple[Button, ...]:
        return (*super().buttons_for(row, actor), *((RESET_LINK,) if may_reset_password(row, actor) else ()))

    def perform(self, button: Button, row: User, *, actor: Actor, reason: str, version: int | None) -> Any:
        if button is not RESET_LINK:
            return super().perform(button, row, actor=actor, reason=reason, version=version)
        with tenant_scope(row.tenant_id):
            return make_reset_token(user_id=row.pk, actor=actor)

    def response_command(self, request: HttpRequest, button: Button, row: User, outcome: Any) -> HttpResponse:
        """The link, in the answer to the POST and nowhere else."""
        if button is not RESET_LINK:
            return super().response_command(request, button, row, outcome)
        link = reset_link(row.pk, outcome, site=request.build_absolute_uri("/").rstrip("/"))
        return secret_page(self, request, row, secret=link, note=RESET_NOTE, title="Password reset link")

    def close(self, user: User, actor: Actor, version: int | None) -> None:
        erase_user(user_id=user.pk, actor=actor, expected_version=version)

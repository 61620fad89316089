"""The users' pages; closing an account forgets the payer, too."""

from django.contrib import admin

from accounts.admin.users import UserAdmin
from accounts.models import User
from kernel.actor import Actor
from payments.services.erasing import close_account


@admin.register(User)
class UserPages(UserAdmin):
    """Customers, staff and admins."""

    def close(self, user: User, actor: Actor, version: int | None) -> None:
        close_account(user_id=user.pk, actor=actor, expected_version=version)

"""The tenants that a user of the back office sees."""

from contextlib import AbstractContextManager

from accounts.models import User
from accounts.queries import tenant_ids_of_user
from kernel.actor import Role
from tenants.scoping import all_tenants, member_scope


def open_user_scope(user: object) -> AbstractContextManager[None]:
    """Open the tenants that a user works for, all tenants for an admin, and none for a stranger."""
    if not isinstance(user, User):
        return member_scope(())
    if user.role == Role.ADMIN:
        return all_tenants(reason="back office of an admin")
    return member_scope(tenant_ids_of_user(user))

"""The pages of accounts, and of tenants with those who work in them."""

from petstore.interfaces.backoffice.tenants import TenantAdmin
from petstore.interfaces.backoffice.users import UserAdmin

__all__ = ["TenantAdmin", "UserAdmin"]

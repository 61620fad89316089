"""The pages of accounts, and of tenants with those who work in them."""

from accounts.admin.tenants import TenantAdmin
from accounts.admin.users import UserAdmin

__all__ = ["TenantAdmin", "UserAdmin"]

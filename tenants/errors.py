from kernel.errors import Forbidden, Invalid, NotFound


class BadTenantHeader(Invalid):
    """X-Tenant-ID is not exactly one UUID of version 4 or 7."""

    code = "bad_request"
    title = "X-Tenant-ID must be one UUID of version 4 or 7"


class UnknownTenant(NotFound):
    """The tenant does not exist, and new ones are not made on demand."""

    code = "unknown_tenant"
    title = "There is no such tenant"


class TenantSuspended(Forbidden):
    """The tenant is suspended."""

    code = "tenant_suspended"
    title = "This tenant is suspended"


class TenantChanged(RuntimeError):
    """What was remembered of the tenant or its customers may no longer be true: read it anew and run the call again."""

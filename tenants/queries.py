"""Reads of the tenant table, which is itself outside every scope."""

from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from kernel import ids
from tenants.errors import BadTenantHeader, TenantSuspended, UnknownTenant
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, current_scope

SHARED_POOL = Tenant(id=SHARED_POOL_ID, name="Shared pool", slug="shared-pool")
_RFC_9562_VARIANT = "specified in RFC 4122"


def parse_tenant_header(text: str) -> UUID:
    """Return the tenant id that X-Tenant-ID names.

    Raises:
        BadTenantHeader: empty, repeated (servers join with a comma), or no UUID v4 or v7.
    """
    tenant_id = ids.parse_id(text)
    if tenant_id is None or tenant_id.version not in (4, 7) or tenant_id.variant != _RFC_9562_VARIANT:
        raise BadTenantHeader
    return tenant_id


def resolve_tenant(header: str | None) -> Tenant:
    """Return the tenant of a request (contract, Tenancy); an unsaved row for one that its first write creates.

    Raises:
        BadTenantHeader, TenantSuspended, UnknownTenant
    """
    if header is None:
        return SHARED_POOL
    tenant_id = parse_tenant_header(header)
    return require_open_tenant(tenant_id, Tenant.objects.filter(pk=tenant_id).first())


def require_open_tenant(tenant_id: UUID, tenant: Tenant | None) -> Tenant:
    """Return the tenant of this id that was looked up, if it serves; an unsaved row where there is none yet.

    Raises:
        TenantSuspended, UnknownTenant
    """
    if tenant is None:
        return _build_provisional_tenant(tenant_id)
    if tenant.is_suspended:
        raise TenantSuspended
    return tenant


def _build_provisional_tenant(tenant_id: UUID) -> Tenant:
    if not settings.TENANT_AUTO_PROVISION:
        raise UnknownTenant
    return Tenant(id=tenant_id, name="", slug="")


def list_visible_tenants() -> QuerySet[Tenant]:
    """Return the tenants of the scope, by name; the tenant table has no scoped manager, so this is its filter."""
    tenant_ids = current_scope().tenant_ids
    return Tenant.objects.all() if tenant_ids is None else Tenant.objects.filter(pk__in=tenant_ids)


def find_tenant(text: str) -> Tenant:
    """Return the tenant of this id or slug, for operators; raises UnknownTenant."""
    tenant_id = ids.parse_id(text)
    tenant = Tenant.objects.filter(pk=tenant_id).first() if tenant_id else Tenant.objects.filter(slug=text).first()
    if tenant is None:
        raise UnknownTenant
    return tenant

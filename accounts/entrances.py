"""The tenant of a call and the bearer of its token, read together (contract, Tenancy and Authentication)."""

from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import QuerySet, Subquery
from django.db.models.functions import JSONObject

from accounts.claims import Claims
from accounts.errors import BadToken, ForeignToken
from accounts.queries import (
    Principal,
    authenticate_token_bearer,
    find_principal_or_refusal,
    list_bearer_columns,
    select_open_logins,
    select_own_logins,
)
from database import compiled_query
from tenants.models import Tenant
from tenants.queries import SHARED_POOL, parse_tenant_header, require_open_tenant
from tenants.scoping import current_tenant_id, tenant_scope

_TENANT_COLUMNS: Final = ("name", "slug", "status", "access")
"""What calls need of a tenant."""


class Entrance(NamedTuple):
    """The tenant that a call names, and what is known of the bearer of its token there.

    Attributes:
        bearer: the principal, or why there is none; None where nothing was looked up.
    """

    tenant: Tenant
    bearer: Principal | BadToken | ForeignToken | None = None

    def authenticate_bearer(self, claims: Claims) -> Principal:
        """Return the principal behind the token in the open tenant; raises BadToken, ForeignToken."""
        bearer = self.bearer or authenticate_token_bearer(claims)
        if isinstance(bearer, Principal):
            return bearer
        raise bearer


def find_entrance(header: str | None, claims: Claims | None) -> Entrance:
    """Find the tenant of a call as `tenants.queries.resolve_tenant` does, and by the same query the token's bearer.

    Args:
        header: X-Tenant-ID; None for the shared pool.

    Raises:
        BadTenantHeader, TenantSuspended, UnknownTenant
    """
    if header is None:
        return Entrance(SHARED_POOL)
    tenant_id = parse_tenant_header(header)
    if claims is None:
        return Entrance(require_open_tenant(tenant_id, _select_tenant(tenant_id).first()))
    with tenant_scope(tenant_id):
        return _find_bearers_entrance(tenant_id, claims)


def _find_bearers_entrance(tenant_id: UUID, claims: Claims) -> Entrance:
    key = claims.user_id, claims.session_id, claims.token_version
    if claims.is_customer and claims.tenant_id == tenant_id:
        row = _select_customer_with_tenant(*key).first()
    else:
        row = _select_bearer_with_tenant(*key, with_permissions=claims.is_staff).first()
    if row is None:
        tenant, bearer = _select_tenant(tenant_id).first(), None
    else:
        tenant, bearer = _build_tenant(tenant_id, row[-1]), row[:-1]
    return Entrance(require_open_tenant(tenant_id, tenant), find_principal_or_refusal(claims, bearer))


def _build_tenant(tenant_id: UUID, columns: dict[str, Any] | None) -> Tenant | None:
    """Build the tenant of columns that were read; those of no interest to a call are read when they are asked for."""
    if columns is None:
        return None
    values = [columns[name] for name in _TENANT_COLUMNS]
    return Tenant.from_db(DEFAULT_DB_ALIAS, ("id", *_TENANT_COLUMNS), (tenant_id, *values))


@compiled_query
def _select_tenant(tenant_id: UUID) -> QuerySet[Any, Tenant]:
    return Tenant.objects.filter(pk=tenant_id).order_by()


@compiled_query
def _select_customer_with_tenant(user_id: UUID, session_id: UUID, token_version: int) -> QuerySet[Any, Any]:
    """Find a customer of the tenant of the scope by an open log-in, and the tenant."""
    found = select_own_logins(pk=user_id, token_version=token_version, login_sessions__id=session_id)
    return found.values_list(*list_bearer_columns(with_permissions=False), _select_tenant_columns())


@compiled_query
def _select_bearer_with_tenant(
    user_id: UUID, session_id: UUID, token_version: int, *, with_permissions: bool
) -> QuerySet[Any, Any]:
    """Find a user of any tenant by an open log-in, and the tenant of the scope."""
    found = select_open_logins(pk=user_id, token_version=token_version, login_sessions__id=session_id)
    return found.values_list(*list_bearer_columns(with_permissions=with_permissions), _select_tenant_columns())


def _select_tenant_columns() -> Subquery:
    """Select the columns of the scope's tenant as one JSON object: there is no relation to join it by."""
    found = Tenant.objects.filter(pk=current_tenant_id()).order_by()
    return Subquery(found.values_list(JSONObject(**{name: name for name in _TENANT_COLUMNS})))

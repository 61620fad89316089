"""The tenant of a call and the bearer of its token, read together (contract, Tenancy and Authentication).

Reads may recall what an earlier one has found: a tenant, and a customer of it by their token. The statements of the
call then check in the same message that the tenant's `access_version` is still the one of then, so that what is
remembered is never older than the call (guarantees, G12). Writes, staff and callers from elsewhere are looked at anew.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.backends.signals import connection_created
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
from database import checks_access_versions, compiled_query
from kernel.actor import Role
from tenants.models import Tenant
from tenants.queries import SHARED_POOL, parse_tenant_header, require_open_tenant
from tenants.scoping import SHARED_POOL_ID, current_tenant_id, public_tenant_id, tenant_scope

MAX_REMEMBERED: Final = 4096
"""Entrances in one process; then all are forgotten, and read once more."""
_TENANT_COLUMNS: Final = ("status", "access", "access_version")
"""What calls need of a tenant; the others are read when they are asked for, for they change without a new version."""


class Entrance(NamedTuple):
    """The tenant that a call names, and what is known of the bearer of its token there.

    Attributes:
        bearer: the principal, or why there is none; None where nothing was looked up.
        access_version: the `Tenant.access_version` that all of it depends on; None where it depends on more.
    """

    tenant: Tenant
    bearer: Principal | BadToken | ForeignToken | None = None
    access_version: int | None = None

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
    tenant_id = SHARED_POOL_ID if header is None else parse_tenant_header(header)
    if claims is None:
        if header is None:
            return Entrance(SHARED_POOL)
        tenant = require_open_tenant(tenant_id, _read_tenant(tenant_id))
        return Entrance(tenant, access_version=None if tenant._state.adding else tenant.access_version)
    if header is None and not claims.is_at_home(None):
        return Entrance(SHARED_POOL)
    with tenant_scope(tenant_id):
        return _find_bearers_entrance(tenant_id, claims)


def _find_bearers_entrance(tenant_id: UUID, claims: Claims) -> Entrance:
    key, is_at_home = claims.login_key, claims.is_at_home(public_tenant_id(tenant_id))
    if is_at_home:
        row = _select_customer_with_tenant(*key).first()
    else:
        row = _select_bearer_with_tenant(*key, with_permissions=claims.is_staff).first()
    if row is None:
        tenant, bearer = _read_tenant(tenant_id), None
    else:
        tenant, bearer = row[-1] and _build_tenant(tenant_id, [row[-1][name] for name in _TENANT_COLUMNS]), row[:-1]
    opened = require_open_tenant(tenant_id, tenant)
    is_customers = bearer is not None and is_at_home and bearer[0] == Role.CUSTOMER
    return Entrance(
        opened, find_principal_or_refusal(claims, bearer), tenant.access_version if tenant and is_customers else None
    )


def remember_entrance(header: str | None, claims: Claims | None, entrance: Entrance) -> None:
    """Remember what was found for a header and a token, if an `access_version` tells when it is no longer true."""
    if entrance.access_version is None or not checks_access_versions():
        return
    if len(_remembered) >= MAX_REMEMBERED:
        _remembered.clear()
    _remembered[_make_key(header, claims)] = entrance


def recall_entrance(header: str | None, claims: Claims | None) -> Entrance | None:
    """Return what is remembered for a header and a token; None where it must be found anew.

    It is good in a scope with a VersionCheck of its `access_version` only.
    """
    entrance = _remembered.get(_make_key(header, claims))
    return entrance if entrance is not None and checks_access_versions() else None


def forget_entrance(header: str | None, claims: Claims | None) -> None:
    """Forget what turned out to be no longer true."""
    _remembered.pop(_make_key(header, claims), None)


def confirm_entrance(entrance: Entrance) -> None:
    """Run a statement for the sake of the check that the open scope has; raises TenantChanged."""
    _read_tenant(entrance.tenant.id)


def _forget_all_entrances(**_signal: object) -> None:
    """Forget everything when a connection is made: it may lead to a server that has never heard of some changes."""
    _remembered.clear()


def _make_key(header: str | None, claims: Claims | None) -> tuple[str | None, UUID | None]:
    return header, None if claims is None else claims.jti


_remembered: dict[tuple[str | None, UUID | None], Entrance] = {}
connection_created.connect(_forget_all_entrances)


def _build_tenant(tenant_id: UUID, values: Sequence[Any]) -> Tenant:
    return Tenant.from_db(DEFAULT_DB_ALIAS, ("id", *_TENANT_COLUMNS), (tenant_id, *values))


def _read_tenant(tenant_id: UUID) -> Tenant | None:
    row = _select_tenant(tenant_id).first()
    return None if row is None else _build_tenant(tenant_id, row)


@compiled_query
def _select_tenant(tenant_id: UUID) -> QuerySet[Any, tuple[Any, ...]]:
    return Tenant.objects.filter(pk=tenant_id).order_by().values_list(*_TENANT_COLUMNS)


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

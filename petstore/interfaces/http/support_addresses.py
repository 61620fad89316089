"""The addresses of the support page: one for each tenant, and one for the shared pool (contract, Support page)."""

import re
from typing import Final
from uuid import UUID

from django.http import QueryDict

SUPPORT_PATH: Final = "/support"
TENANT_PARAMETER: Final = "tenantId"
_ADDRESS: Final = re.compile(
    rf"{SUPPORT_PATH}(?:\?{TENANT_PARAMETER}=([0-9a-f]{{8}}-[0-9a-f]{{4}}-[47][0-9a-f]{{3}}-[89ab][0-9a-f]{{3}}-[0-9a-f]{{12}}))?\Z"
)
"""A tenant's id is a UUID of version 4 or 7 (contract, Tenancy)."""


def build_support_address(tenant_id: UUID | str | None) -> str:
    """Return the address of a tenant's page; None for the shared pool."""
    return SUPPORT_PATH if tenant_id is None else f"{SUPPORT_PATH}?{TENANT_PARAMETER}={tenant_id}"


def is_support_address(address: str) -> bool:
    """Return whether this is the address of a page, spelled as `build_support_address` does."""
    return _ADDRESS.match(address) is not None


def find_support_tenant(address: str) -> UUID | None:
    """Return the tenant of an address that is one; None for the shared pool."""
    found = _ADDRESS.match(address)
    return UUID(found[1]) if found and found[1] else None


def find_asked_address(parameters: QueryDict) -> str | None:
    """Return the address that a query asks for, in whatever case; None where it names no tenant that could be."""
    named = parameters.getlist(TENANT_PARAMETER)
    if len(named) > 1:
        return None
    address = build_support_address(str(named[0]).lower() if named else None)
    return address if is_support_address(address) else None

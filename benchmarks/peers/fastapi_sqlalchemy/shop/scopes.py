"""The tenant whose rows a request sees."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Header

from shop.models import SHARED_POOL


def scope_of(x_tenant_id: Annotated[UUID | None, Header()] = None) -> UUID:
    """Read the tenant's header; without one it is the shared pool."""
    return x_tenant_id or SHARED_POOL


Scope = Annotated[UUID, Depends(scope_of)]

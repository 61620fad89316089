"""Applications for the tests, registered in the open scope or in a tenant's."""

from typing import Any

from applications.services.registration import RegisteredApplication, register_application
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import tenant_scope

CALLBACK = "https://app.example/callback"


def register(tenant: Tenant | None = None, **changed: Any) -> RegisteredApplication:
    """A CONFIDENTIAL application that may read pets and orders, unless `changed` says otherwise."""
    values: dict[str, Any] = {
        "name": "Probe",
        "redirect_uris": [CALLBACK],
        "scopes": ["read:pets", "read:orders"],
        "is_public": False,
        "is_device": False,
        "actor": SYSTEM,
    }
    if tenant is None:
        return register_application(**values | changed)
    with tenant_scope(tenant.id):
        return register_application(**values | changed)

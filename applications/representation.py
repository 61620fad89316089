"""Applications as JSON: the commands print them so (contract, Commands)."""

from typing import Any

from applications.models import Application
from tenants.scoping import public_tenant_id


def represent_application(application: Application, secret: str | None = None) -> dict[str, Any]:
    """Represent an application.

    Args:
        secret: where it has just been given one; None where it has none, or it is not known any more.
    """
    tenant_id = public_tenant_id(application.tenant_id)
    return {
        "clientId": application.client_id,
        "clientSecret": secret,
        "name": application.name,
        "type": application.type,
        "tenantId": str(tenant_id) if tenant_id else None,
        "redirectUris": application.redirect_uris,
        "scopes": application.scopes,
        "device": application.is_device,
    }

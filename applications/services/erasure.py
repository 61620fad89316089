"""Erase what an erased user has allowed to applications (guarantees, G22)."""

from uuid import UUID

from accounts.models import LoginSession
from applications.models import ApplicationSession, AuthorizationCode, Consent, DeviceAuthorization
from tenants.scoping import all_tenants


def erase_user_grants(user_id: UUID) -> None:
    """Delete a user's consents, codes, answers to devices and the sessions of applications, in all tenants."""
    with all_tenants(reason="staff may have allowed something in tenants other than their home"):
        families = ApplicationSession.objects.filter(user_id=user_id)
        LoginSession.objects.filter(pk__in=families.values("pk")).delete()
        for model in (Consent, AuthorizationCode, DeviceAuthorization):
            model.objects.filter(user_id=user_id).delete()

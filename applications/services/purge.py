"""Delete what no application can get tokens for any more: dead codes, device requests and sessions."""

from datetime import timedelta

from django.db.models import Q

from accounts.models import LoginSession, UsedRefreshToken
from applications.models import ApplicationSession, AuthorizationCode, DeviceAuthorization
from kernel import clock
from tenants.scoping import all_tenants


def purge_application_grants(*, older_than: timedelta, dry_run: bool) -> int:
    """Delete codes and device requests that expired longer ago than that, and applications' sessions that ended then,
    with their used refresh tokens; returns how many.

    Args:
        dry_run: only count them.
    """
    before = clock.now() - older_than
    with all_tenants(reason="grants of every tenant end"):
        ended = LoginSession.objects.filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before))
        sessions = ended.filter(pk__in=ApplicationSession.objects.values("session_id"))
        expired = [model.objects.filter(expires_at__lt=before) for model in (AuthorizationCode, DeviceAuthorization)]
        number = sum(rows.count() for rows in (sessions, *expired))
        if not dry_run:
            UsedRefreshToken.objects.filter(session__in=sessions).delete()
            for rows in (*expired, sessions):
                rows.delete()
    return number

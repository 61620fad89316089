"""Delete log-in sessions and back office sessions that can no longer be used."""

from datetime import timedelta

from django.contrib.sessions.models import Session
from django.db.models import Q

from accounts.models import LoginSession, UsedRefreshToken
from kernel import clock
from tenants.scoping import all_tenants


def purge_login_sessions(*, older_than: timedelta, dry_run: bool) -> int:
    """Delete the log-in sessions that expired or were revoked longer ago than that; returns how many.

    Args:
        dry_run: only count them.
    """
    before = clock.now() - older_than
    with all_tenants(reason="log-ins of every tenant end"):
        rows = LoginSession.objects.filter(Q(expires_at__lt=before) | Q(revoked_at__lt=before))
        number = int(rows.count())
        if not dry_run:
            UsedRefreshToken.objects.filter(session__in=rows).delete()
            rows.delete()
    return number


def purge_back_office_sessions(*, older_than: timedelta, dry_run: bool) -> int:
    """Delete the back office's sessions that ended longer ago than that; returns how many.

    Args:
        dry_run: only count them.
    """
    rows = Session.objects.filter(expire_date__lt=clock.now() - older_than)
    number = rows.count()
    if not dry_run:
        rows.delete()
    return number

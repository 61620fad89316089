"""Deleting what the request machinery no longer needs."""

import time
from datetime import timedelta

from kernel import clock
from tenants.scoping import all_tenants
from traffic.models import RateWindow, StoredAnswer
from traffic.quotas import longest_window


def purge_stored_answers(*, older_than: timedelta, is_trial: bool) -> int:
    """Delete the answers to idempotency keys that are older than that; returns how many.

    Args:
        is_trial: only count them.
    """
    with all_tenants(reason="stored answers of every tenant grow old"):
        rows = StoredAnswer.objects.filter(created_at__lt=clock.now() - older_than)
        return int(rows.count() if is_trial else rows.delete()[0])


def purge_rate_windows(*, older_than: timedelta, is_trial: bool) -> int:
    """Delete the counts of windows that ended longer ago than that; see `purge_stored_answers`."""
    latest = int(time.time() - older_than.total_seconds())
    rows = RateWindow.objects.filter(window__lte=latest - longest_window())
    return rows.count() if is_trial else rows.delete()[0]

"""Delete the counts of rate limit windows that have ended."""

import time
from datetime import timedelta

from ratelimit.models import RateWindow
from ratelimit.services import longest_window_seconds


def purge_rate_windows(*, older_than: timedelta, dry_run: bool) -> int:
    """Delete the counts of windows that ended longer ago than that; returns how many.

    Args:
        dry_run: only count them.
    """
    latest = int(time.time() - older_than.total_seconds())
    rows = RateWindow.objects.filter(window__lte=latest - longest_window_seconds())
    return rows.count() if dry_run else rows.delete()[0]

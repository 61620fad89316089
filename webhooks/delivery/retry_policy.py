"""When a delivery that failed is tried again, and how long its receiver is left alone meanwhile."""

import random
from datetime import datetime, timedelta

SCHEDULE = tuple(timedelta(minutes=minutes) for minutes in (0, 1, 5, 30, 60))
"""When the attempts take place, from the first (contract, Webhooks)."""
JITTER = 0.1
MAX_RETRY_AFTER = timedelta(hours=1)
"""As far a `Retry-After` is honoured."""
MAX_BACKOFF = timedelta(minutes=1)
_DOUBLINGS = 6


def next_attempt_at(made: int, *, at: datetime, retry_after: int | None = None) -> datetime | None:
    """When to try again after `made` attempts in vain, the last of them at `at`; None when that was the last.

    Args:
        retry_after: seconds that the receiver asks for.
    """
    if made >= len(SCHEDULE):
        return None
    wait = SCHEDULE[made] - SCHEDULE[made - 1]
    jittered = wait * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311  # it spreads load and hides nothing
    asked = min(timedelta(seconds=retry_after or 0), MAX_RETRY_AFTER)
    return at + timedelta(seconds=round(max(jittered, asked).total_seconds()))


def compute_backoff_after(failures: int) -> timedelta:
    """How long a receiver is left alone that was tried in vain so often: doubled each time, up to a minute."""
    return min(timedelta(seconds=2 ** min(failures, _DOUBLINGS)), MAX_BACKOFF)

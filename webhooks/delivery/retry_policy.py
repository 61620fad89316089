"""The retry policy: the times of a delivery's attempts, and the back-off of a failing receiver."""

import random
from datetime import datetime, timedelta

SCHEDULE = tuple(timedelta(minutes=minutes) for minutes in (0, 1, 5, 30, 60))
"""Times of the attempts, from the first (contract, Webhooks)."""
JITTER = 0.1
MAX_RETRY_AFTER = timedelta(hours=1)
"""The longest `Retry-After` that is honoured."""
MAX_BACKOFF = timedelta(minutes=1)
_DOUBLINGS = 6


def next_attempt_at(made: int, *, at: datetime, retry_after: int | None = None) -> datetime | None:
    """Return the time of the next attempt after `made` failed ones, the last of them at `at`; None after the last.

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
    """Return the back-off after so many failures in a row: doubled each time, up to a minute."""
    return min(timedelta(seconds=2 ** min(failures, _DOUBLINGS)), MAX_BACKOFF)

"""When the gateway is asked again about a payment that waits for it."""

from datetime import datetime, timedelta
from typing import Final

CALL_TIMEOUT: Final = timedelta(minutes=2)
"""A call without an answer is over by then, and the gateway has heard of it if it ever will."""

RETRY_DELAYS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 1, 2, 5, 10, 30, 60))
"""Between one try of the sweep and the next; the last one repeats."""

ABANDONED_AFTER: Final = timedelta(minutes=10)
"""A charge that the gateway has not heard of by then was never made."""


def next_check_after_call(at: datetime) -> datetime:
    """When the sweep looks after a call that begins now, unless its answer has been written down before."""
    return at + CALL_TIMEOUT


def next_attempt_at(at: datetime, attempts: int) -> datetime:
    """When a try that begins now is followed by another one.

    Args:
        attempts: how often the gateway was called before, at least once.
    """
    return at + RETRY_DELAYS[min(max(attempts, 1), len(RETRY_DELAYS)) - 1]

"""The retry policy: when the gateway is asked again about an open payment or refund."""

from datetime import datetime, timedelta
from typing import Final

CALL_TIMEOUT: Final = timedelta(minutes=2)
"""After this a call without an answer is over, and the gateway knows of it if it ever will."""

RETRY_DELAYS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 1, 2, 5, 10, 30, 60))
"""The delay after each attempt of the worker; the last one repeats."""

ABANDONED_AFTER: Final = timedelta(minutes=10)
"""A charge that the gateway does not know of by then was never made."""


def next_check_after_call(at: datetime) -> datetime:
    """Return when the worker checks on a call that begins now, unless its answer is recorded before."""
    return at + CALL_TIMEOUT


def next_attempt_at(at: datetime, attempts: int) -> datetime:
    """Return when an attempt that begins now is followed by the next one.

    Args:
        attempts: the number of earlier calls to the gateway, at least one.
    """
    return at + RETRY_DELAYS[min(max(attempts, 1), len(RETRY_DELAYS)) - 1]

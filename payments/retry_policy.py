"""When the gateway is asked again about a payment that waits for it."""

from datetime import datetime, timedelta
from typing import Final

AFTER_CALL: Final = timedelta(minutes=2)
"""A call without an answer is over by then, and the gateway has heard of it if it ever will."""

WAITS: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 1, 2, 5, 10, 30, 60))
"""Between one try of the sweep and the next; the last one repeats."""

GIVEN_UP_AFTER: Final = timedelta(minutes=10)
"""A charge that the gateway has not heard of by then was never made."""


def after_call(at: datetime) -> datetime:
    """When the sweep looks after a call that begins now, unless its answer has been written down before."""
    return at + AFTER_CALL


def next_try(at: datetime, tries: int) -> datetime:
    """When a try that begins now is followed by another one.

    Args:
        tries: how often the gateway was called before, at least once.
    """
    return at + WAITS[min(max(tries, 1), len(WAITS)) - 1]

"""When a broker that is away, or an event that it refuses, is tried again."""

from datetime import timedelta
from typing import Final

SHORTEST_SECONDS: Final = 1
LONGEST_SECONDS: Final = 60
_DOUBLINGS: Final = 6


def compute_backoff_seconds(failures: int) -> int:
    """Return the seconds after so many failures in a row: 1, 2, 4 … 60."""
    return int(min(SHORTEST_SECONDS * 2 ** min(failures - 1, _DOUBLINGS), LONGEST_SECONDS))


def compute_retry_delay(failures: int) -> timedelta:
    """Return the same as a duration."""
    return timedelta(seconds=compute_backoff_seconds(failures))

"""The rate at which a client of support rooms may send (contract, Rooms)."""

import time
from collections.abc import Callable
from typing import Final

from kernel.errors import DomainError, Kind

PER_SECOND: Final = 10.0
AT_ONCE: Final = 20.0
MAX_DROPPED: Final = 100
"""Frames in a row that are dropped before the connection is closed."""
FLOOD_STEP: Final = 10
"""Dropped frames between two that got through, by which a row goes on: even in a flood, ten a second get through."""


class TooManyFrames(DomainError):
    """The client sends more often than it may; this frame is dropped."""

    kind = Kind.TOO_MANY
    code = "too_many_frames"
    title = "Too many messages in a second"
    retry_after = 1


class FrameRate:
    """The frames that one connection may still send: so many at once, and so many a second.

    Attributes:
        is_flood: so many frames in a row were dropped that the connection has to be closed.
    """

    def __init__(self, read_clock: Callable[[], float] = time.monotonic) -> None:
        self._read_clock = read_clock
        self._allowance, self._counted_at = AT_ONCE, read_clock()
        self._dropped = self._dropped_lately = 0

    @property
    def is_flood(self) -> bool:
        return self._dropped >= MAX_DROPPED

    def count_next_frame(self) -> None:
        """Count a frame; raises TooManyFrames where it has to be dropped."""
        now = self._read_clock()
        self._allowance = min(AT_ONCE, self._allowance + (now - self._counted_at) * PER_SECOND)
        self._counted_at = now
        if self._allowance < 1:
            self._dropped += 1
            self._dropped_lately += 1
            raise TooManyFrames(f"At most {PER_SECOND:.0f} messages a second.")
        self._allowance -= 1
        if self._dropped_lately < FLOOD_STEP:
            self._dropped = 0
        self._dropped_lately = 0

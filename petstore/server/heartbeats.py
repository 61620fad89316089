"""The heartbeat of the gRPC process, in memory that all processes of `serve` share (contract, Health).

It is mapped when this module is loaded, before any process is forked.
"""

import mmap
import time
from enum import IntEnum
from typing import Final

FRESH_SECONDS: Final = 5.0
LOADING_SECONDS: Final = 60.0
"""The time that a busy machine may take to load the server, which says nothing meanwhile."""
NUMBER_BYTES: Final = 8


class Beat(IntEnum):
    """The state that a process tells with its heartbeat."""

    NONE = 0
    EXPECTED = 1
    WAITING = 2
    SERVING = 3


class Heartbeat:
    """The state that one process tells every second, and the time when it last did."""

    def __init__(self) -> None:
        self._numbers = memoryview(mmap.mmap(-1, 3 * NUMBER_BYTES)).cast("d")

    def note_heartbeat(self, word: Beat) -> None:
        """Say a word now."""
        self._numbers[1] = time.monotonic()
        self._numbers[0] = float(word)

    def note_replacement(self) -> None:
        """Say that a process of the next program serves by now, which is not heard of here."""
        self._numbers[2] = 1.0

    @property
    def last_word(self) -> Beat:
        """Return the last word; NONE where there is no such process."""
        return Beat(int(self._numbers[0]))

    @property
    def is_fresh(self) -> bool:
        """Return whether the process was heard of lately; one that is expected has more time.

        One that was replaced need not be heard of.
        """
        if self._numbers[2]:
            return True
        patience = LOADING_SECONDS if self.last_word is Beat.EXPECTED else FRESH_SECONDS
        return time.monotonic() - self._numbers[1] < patience


grpc_heartbeat = Heartbeat()

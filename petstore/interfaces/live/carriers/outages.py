"""Outages of what carries signals: they are logged once each, and tried again ever less often."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Final, NoReturn

SHORTEST_SECONDS: Final = 0.5
LONGEST_SECONDS: Final = 30.0

logger = logging.getLogger(__name__)


Failures = tuple[type[Exception], ...]
Listen = Callable[[Callable[[], None]], Awaitable[object]]


class Outage:
    """The outage of one direction, if there is one."""

    def __init__(self, sentence: str) -> None:
        """Remember what to log when it begins."""
        self._sentence, self._failures = sentence, 0

    def note_failure(self, error: Exception) -> float:
        """Note that it does not work; return the seconds to wait before trying again."""
        if not self._failures:
            logger.warning("%s; rooms are looked at once a second meanwhile", self._sentence, exc_info=error)
        self._failures += 1
        return min(SHORTEST_SECONDS * 2.0 ** min(self._failures - 1, 10), LONGEST_SECONDS)

    def note_success(self) -> None:
        """Note that it works."""
        if self._failures:
            logger.info("Signals of rooms are carried again")
        self._failures = 0


async def listen_through_outages(listen: Listen, failures: Failures) -> NoReturn:
    """Listen until cancelled.

    Args:
        listen: connects, calls its argument, and listens until it is cancelled or fails.
        failures: what it raises while the other side cannot be reached.
    """
    outage = Outage("Signals of rooms cannot be heard")
    while True:
        try:
            await listen(outage.note_success)
        except failures as error:
            await asyncio.sleep(outage.note_failure(error))

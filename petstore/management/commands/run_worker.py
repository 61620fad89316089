import logging
import signal
import threading
from collections.abc import Callable
from typing import Any

from django.db import DatabaseError, close_old_connections

from events.sealing import seal_pending
from petstore.management import base

JOBS: tuple[Callable[[], int], ...] = (seal_pending,)
"""Each does a bounded piece of its work and returns how much that was; 0 means that nothing was left."""

PAUSE_SECONDS = 1.0
logger = logging.getLogger(__name__)


class Command(base.Command):
    help = "Run the background worker alone: it seals the journal. Ctrl-C stops it after the piece in hand."

    def handle(self, *_args: Any, **_options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        while not stop.is_set():
            if not _work():
                stop.wait(PAUSE_SECONDS)


def _work() -> int:
    """One round over all jobs. A database that is away is waited for; the work is still there afterwards."""
    close_old_connections()
    try:
        return sum(job() for job in JOBS)
    except DatabaseError:
        logger.exception("The database refuses; trying again")
        return 0

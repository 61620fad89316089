"""The background worker's loop: each job in its own thread, so that none waits for another's database or peers."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from django.db import InterfaceError, OperationalError, close_old_connections, connections

PAUSE_SECONDS = 1.0
FINISH_SECONDS = 2.5
"""Less than the time after which the supervisor kills the process."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Repeated background work.

    Attributes:
        work: does a bounded piece and returns its size; 0 means that nothing was left.
        rest: waits for more work, at most so many seconds; by default it just waits.
        finish: completes work under way, in so many seconds at most.
    """

    name: str
    work: Callable[[], int]
    rest: Callable[[float], object] | None = None
    finish: Callable[[float], int] | None = None


def run_jobs(jobs: Sequence[Job], stop: threading.Event) -> None:
    """Run the jobs until told to stop, and then for a few seconds at most; the threads end with the process."""
    threads = [threading.Thread(target=_repeat_job, args=(job, stop), name=job.name, daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    stop.wait()
    deadline = time.monotonic() + FINISH_SECONDS
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0.0))


def _repeat_job(job: Job, stop: threading.Event) -> None:
    rest = job.rest or stop.wait
    while not stop.is_set():
        if not _attempt_work(job, job.work):
            rest(PAUSE_SECONDS)
    if job.finish is not None:
        _attempt_work(job, job.finish, FINISH_SECONDS)
    connections.close_all()


def _attempt_work(job: Job, work: Callable[..., int], *arguments: object) -> int:
    """Do a piece of work; an error is logged and the work is tried again, because it is still in the database."""
    close_old_connections()
    try:
        return work(*arguments)
    except (OperationalError, InterfaceError) as error:
        logger.error("%s: the database is unavailable, trying again: %s", job.name, error)  # noqa: TRY400  # once a second, and no defect of ours
        return 0
    except Exception:
        logger.exception("%s: trying again", job.name)
        return 0

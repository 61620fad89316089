"""The request threads: a few, and more while some of them are stuck.

Few threads are fastest, because more would wait for one another. But a locked row or a slow query keeps a thread for
seconds, and other callers must not wait for it.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from django.db import close_old_connections, connections

from kernel.errors import DomainError, Kind

MIN_THREADS = 2
MAX_THREADS = 12
MAX_WAITING = 256
"""Requests; a caller behind so many gets a 503 at once."""
STUCK_SECONDS = 0.2
TICK_SECONDS = 0.05
IDLE_SECONDS = 10.0
"""The time after which a surplus thread ends, and its database connection with it."""

logger = logging.getLogger(__name__)
Job = Callable[[], object]
_T = TypeVar("_T")
_of_thread = threading.local()


class Overloaded(DomainError):
    """So many requests are waiting that one more would wait too long."""

    kind = Kind.UNAVAILABLE
    code = "overloaded"
    title = "Too many requests wait already"
    retry_after = 1


class RequestPool:
    """Run jobs in threads, each of which keeps its database connection."""

    def __init__(self) -> None:
        self._jobs: SimpleQueue[Job | None] = SimpleQueue()
        self._lock = threading.Lock()
        self._threads: set[threading.Thread] = set()
        self._begun: dict[int, float] = {}
        self._is_pressed = threading.Event()
        self._growth_thread: threading.Thread | None = None

    def submit_job(self, job: Job, *, is_new: bool = True) -> None:
        """Queue a job; raises Overloaded for a new request where too many are waiting."""
        waiting = self._jobs.qsize()
        if waiting >= MAX_WAITING and is_new:
            raise Overloaded
        self._jobs.put(job)
        if len(self._threads) < MIN_THREADS:
            self._start_missing_thread(MIN_THREADS)
        elif waiting and not self._is_pressed.is_set():
            self._is_pressed.set()

    async def run_job(self, job: Callable[[], _T], *, is_new: bool = False) -> _T:
        """Run a job in a thread of the pool and return its result; called in an event loop."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[_T] = loop.create_future()

        def run_and_resolve() -> None:
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001  # it is raised where the job is awaited
                loop.call_soon_threadsafe(_resolve_future, future, None, error)
            else:
                loop.call_soon_threadsafe(_resolve_future, future, result, None)

        self.submit_job(run_and_resolve, is_new=is_new)
        return await future

    def end_threads(self) -> None:
        """End the threads after the waiting jobs; for tests, whose pools end before their process."""
        ended: set[threading.Thread] = set()
        while threads := self._list_started_threads():  # one that starts meanwhile takes the word of another
            ended |= threads
            for _ in threads:
                self._jobs.put(None)
            for thread in threads:
                thread.join(TICK_SECONDS)
        for thread in ended:
            thread.join()

    def _list_started_threads(self) -> set[threading.Thread]:
        with self._lock:  # under which they are started
            return set(self._threads)

    def _start_missing_thread(self, most: int) -> None:
        with self._lock:
            if self._growth_thread is None:
                self._growth_thread = threading.Thread(
                    target=self._add_threads_when_stuck, name="request threads", daemon=True
                )
                self._growth_thread.start()
            if len(self._threads) < most:
                thread = threading.Thread(target=self._run_waiting_jobs, name="request", daemon=True)
                self._threads.add(thread)
                thread.start()

    def _run_waiting_jobs(self) -> None:
        ident, _of_thread.pool = threading.get_ident(), self
        try:
            while not (len(self._threads) > MIN_THREADS and self._leave_if_surplus()):
                try:
                    job = self._jobs.get(timeout=IDLE_SECONDS)
                except Empty:
                    continue
                if job is None:
                    break
                self._begun[ident] = time.monotonic()
                _run_job(job)
                del self._begun[ident]
        finally:
            self._threads.discard(threading.current_thread())
            connections.close_all()

    def _leave_if_surplus(self) -> bool:
        """Take this idle thread out of the count if there are more than needed; returns whether it has to end."""
        with self._lock:
            if len(self._threads) <= MIN_THREADS + self._count_stuck_threads():
                return False
            self._threads.discard(threading.current_thread())
            return True

    def _add_threads_when_stuck(self) -> None:
        """Add a thread for each stuck one, as long as requests are waiting."""
        while True:
            self._is_pressed.wait()
            time.sleep(TICK_SECONDS)
            if not self._jobs.qsize():
                self._is_pressed.clear()
                continue
            self._start_missing_thread(min(MIN_THREADS + self._count_stuck_threads(), MAX_THREADS))

    def _count_stuck_threads(self) -> int:
        """Count the threads that have worked on one request for long."""
        since = time.monotonic() - STUCK_SECONDS
        return sum(begun < since for begun in list(self._begun.values()))


def find_current_pool() -> RequestPool | None:
    """Return the pool that this thread belongs to; None in a thread of another server, or of a test."""
    pool: RequestPool | None = getattr(_of_thread, "pool", None)
    return pool


def run_with_connection(job: Callable[[], _T]) -> _T:
    """Run a job with a connection that works: what begins a request otherwise sees to that."""
    close_old_connections()
    return job()


def _resolve_future(future: "asyncio.Future[_T]", result: Any, error: BaseException | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)


def _run_job(job: Job) -> None:
    try:
        job()
    except Exception:  # a defect of one request does not end the thread for all
        logger.exception("A request failed")

"""Doing things at the same moment, for tests marked `django_db(transaction=True)`."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Generic, TypeVar

from django.db import connection, connections

T = TypeVar("T")
PATIENCE = 60


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """What came of calls that ran together, each in the order of the calls."""

    results: list[T]
    errors: list[BaseException]


def run_together(calls: Sequence[Callable[[], T]]) -> Outcome[T]:
    """Run every call in a thread of its own, all from one starting shot.

    A thread has a database connection of its own, closed at the end, and no tenant scope: calls open theirs.
    """
    start = Barrier(len(calls))

    def run(call: Callable[[], T]) -> T:
        start.wait(PATIENCE)
        try:
            return call()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        futures = [pool.submit(run, call) for call in calls]
    errors = [error for future in futures if (error := future.exception()) is not None]
    return Outcome([future.result() for future in futures if future.exception() is None], errors)


def wait_until_somebody_waits_for_a_lock() -> None:
    """Until somebody wants what this transaction has locked; only on PostgreSQL, where they come that far."""
    with connection.cursor() as cursor:
        for _ in range(PATIENCE * 20):
            cursor.execute(
                "SELECT count(*), pg_sleep(0.05) FROM pg_locks"
                " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
            )
            if cursor.fetchone()[0]:
                return
    raise TimeoutError

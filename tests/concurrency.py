"""Doing things at the same moment, for tests marked `django_db(transaction=True)`."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from threading import Barrier
from typing import Generic, TypeVar

from django.db import connections

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

"""Task backend for many machines: procrastinate stores tasks in PostgreSQL (setting WORKER_ENGINE=procrastinate)."""

import asyncio
import logging
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from django.db import OperationalError, connections
from django.utils.module_loading import import_string
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult
from procrastinate import App, PsycopgConnector
from procrastinate.contrib.django import app, connector_params
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from petstore.server.task_backends import build_task_result

P = ParamSpec("P")
T = TypeVar("T")

CONCURRENCY = 16
logging.getLogger("procrastinate").setLevel(logging.WARNING)  # it has much to say of every task
BEGIN_SECONDS = 5.0
STOP_SECONDS = 2.0
TICK_SECONDS = 0.2
STALLED_CHECK_SECONDS = 30.0


@app.task(name="petstore.run_task")
def run_task(path: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Run the task with this path."""
    try:
        import_string(path).call(*args, **kwargs)
    finally:
        connections.close_all()


class ProcrastinateBackend(BaseTaskBackend):
    """Store tasks for the first worker that is free."""

    def enqueue(self, task: Task[P, T], args: Sequence[Any], kwargs: dict[str, Any]) -> TaskResult[T]:
        """Store a task for the workers."""
        self.validate_task(task)
        result = build_task_result(self, task, args, kwargs)
        with _raise_database_errors():
            run_task.defer(path=task.module_path, args=result.args, kwargs=result.kwargs)
        return result


@contextmanager
def _raise_database_errors() -> Iterator[None]:
    """Raise Django's OperationalError when the database is away: the worker tries again then."""
    try:
        yield
    except ConnectorException as error:
        raise OperationalError(error.__cause__ or error) from error


def run_tasks(stop: threading.Event) -> int:
    """Run stored tasks until told to stop."""
    with _raise_database_errors():
        asyncio.run(_run_worker_tasks(stop))
    return 0


async def _run_worker_tasks(stop: threading.Event) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(CONCURRENCY))
    async with app.with_connector(PsycopgConnector(kwargs=connector_params())).open_async() as worker_app:
        worker = worker_app.run_worker_async(
            concurrency=CONCURRENCY,
            delete_jobs="always",
            install_signal_handlers=False,
            shutdown_graceful_timeout=STOP_SECONDS,
        )
        working, tidying = asyncio.create_task(worker), asyncio.create_task(_remove_stalled_jobs(worker_app))
        side_tasks = _SideTasks()
        while not (working.done() or tidying.done() or side_tasks.has_lost_one() or stop.is_set()):
            await asyncio.sleep(TICK_SECONDS)
        for task in (working, tidying):
            task.cancel()
        for ended in await asyncio.gather(working, tidying, return_exceptions=True):
            if isinstance(ended, Exception):
                raise ended


class _SideTasks:
    """Procrastinate's tasks that hear of new jobs and tell that the worker lives; an outage of the database ends them.

    The library watches them only until the first one of all ends, and without periodic jobs one ends at once. A worker
    that hears of nothing looks for jobs every five seconds; one without a heartbeat has its jobs taken away. One that
    ends before both have begun, because the outage is not over, is missed after some seconds.
    """

    NAMES = frozenset({"listener", "update_heartbeats"})

    def __init__(self) -> None:
        self._have_begun = False
        self._begin_until = time.monotonic() + BEGIN_SECONDS

    def has_lost_one(self) -> bool:
        """Return whether one of them has ended."""
        are_there = {task.get_name() for task in asyncio.all_tasks()} >= self.NAMES
        self._have_begun |= are_there
        return not are_there and (self._have_begun or time.monotonic() > self._begin_until)


async def _remove_stalled_jobs(worker_app: App) -> None:
    """Remove tasks that killed workers had taken.

    Nothing is lost: the work itself is in rows of its own, which are claimed again.
    """
    while True:
        for job in await worker_app.job_manager.get_stalled_jobs(task_name=run_task.name):
            await worker_app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        await asyncio.sleep(STALLED_CHECK_SECONDS)

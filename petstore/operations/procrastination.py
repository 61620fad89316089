"""Tasks for many machines: procrastinate keeps them in PostgreSQL (setting WORKER_ENGINE=procrastinate)."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any, ParamSpec, TypeVar

from django.db import connections
from django.utils.module_loading import import_string
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult
from procrastinate import PsycopgConnector
from procrastinate.contrib.django import app, connector_params

from petstore.operations.engines import new_result

P = ParamSpec("P")
T = TypeVar("T")

CONCURRENCY = 16
logging.getLogger("procrastinate").setLevel(logging.WARNING)  # it has much to say of every task
STOP_SECONDS = 2.0
TICK_SECONDS = 0.2


@app.task(name="petstore.run_task")
def run_task(path: str, args: list[Any], kwargs: dict[str, Any]) -> None:
    """Run the task of that path."""
    try:
        import_string(path).call(*args, **kwargs)
    finally:
        connections.close_all()


class ProcrastinateEngine(BaseTaskBackend):
    """Leaves tasks to whichever worker takes them first."""

    def enqueue(self, task: Task[P, T], args: Sequence[Any], kwargs: dict[str, Any]) -> TaskResult[T]:
        """Write it down for the workers."""
        self.validate_task(task)
        result = new_result(self, task, args, kwargs)
        run_task.defer(path=task.module_path, args=result.args, kwargs=result.kwargs)
        return result


def run_tasks(stop: threading.Event) -> int:
    """Run what is written down, until told to stop."""
    asyncio.run(_run_tasks(stop))
    return 0


async def _run_tasks(stop: threading.Event) -> None:
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(CONCURRENCY))
    async with app.with_connector(PsycopgConnector(kwargs=connector_params())).open_async() as worker_app:
        worker = worker_app.run_worker_async(
            concurrency=CONCURRENCY,
            delete_jobs="always",
            install_signal_handlers=False,
            shutdown_graceful_timeout=STOP_SECONDS,
        )
        working = asyncio.create_task(worker)
        while not (working.done() or stop.is_set()):
            await asyncio.sleep(TICK_SECONDS)
        working.cancel()
        with suppress(asyncio.CancelledError):
            await working

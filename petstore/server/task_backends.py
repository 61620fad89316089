"""Task backends: they run `task.enqueue(…)` (settings WORKER_ENGINE and TASKS)."""

import logging
import threading
from collections.abc import Sequence
from queue import SimpleQueue
from typing import Any, ParamSpec, TypeVar

from django.db import connections
from django.utils import timezone
from django_tasks.backends.base import BaseTaskBackend
from django_tasks.base import Task, TaskResult, TaskResultStatus

from kernel import ids

P = ParamSpec("P")
T = TypeVar("T")

MAX_THREADS = 64
logger = logging.getLogger(__name__)


class _TaskPool:
    """Threads that are started when needed and then kept; as daemons they do not delay the process's end."""

    def __init__(self) -> None:
        self._waiting: SimpleQueue[TaskResult[Any]] = SimpleQueue()
        self._idle = threading.Semaphore(0)
        self._lock = threading.Lock()
        self._threads = 0

    def submit_task(self, result: TaskResult[Any]) -> None:
        self._waiting.put(result)
        if self._idle.acquire(blocking=False):
            return
        with self._lock:
            if self._threads < MAX_THREADS:
                self._threads += 1
                threading.Thread(target=self._run_waiting_tasks, name=f"task {self._threads}", daemon=True).start()

    def _run_waiting_tasks(self) -> None:
        while True:
            _run_task_safely(self._waiting.get())
            self._idle.release()


_pool = _TaskPool()


def _run_task_safely(result: TaskResult[Any]) -> None:
    try:
        result.task.call(*result.args, **result.kwargs)
    except Exception:  # a defect of one task is told, and does not end the thread for all
        logger.exception("Task %s failed", result.task.name)
    finally:
        connections.close_all()


class EmbeddedBackend(BaseTaskBackend):
    """Run tasks in threads of this process. Nothing is stored: lasting work is in rows of its own."""

    def enqueue(self, task: Task[P, T], args: Sequence[Any], kwargs: dict[str, Any]) -> TaskResult[T]:
        """Run a task as soon as a thread is free."""
        self.validate_task(task)
        result = build_task_result(self, task, args, kwargs)
        _pool.submit_task(result)
        return result


def build_task_result(
    engine: BaseTaskBackend, task: Task[P, T], args: Sequence[Any], kwargs: dict[str, Any]
) -> TaskResult[T]:
    """Build the handle of a waiting task."""
    return TaskResult(
        task=task,
        id=str(ids.new_id()),
        status=TaskResultStatus.READY,
        enqueued_at=timezone.now(),
        started_at=None,
        finished_at=None,
        last_attempted_at=None,
        args=list(args),
        kwargs=kwargs,
        backend=engine.alias,
        errors=[],
        worker_ids=[],
    )

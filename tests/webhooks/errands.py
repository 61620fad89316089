"""Tasks that the engines' tests run."""

from queue import SimpleQueue
from threading import Barrier

from django_tasks import task

done: SimpleQueue[str] = SimpleQueue()
meeting = Barrier(3)


@task
def run_errand(name: str) -> None:
    """Say that it was run."""
    done.put(name)


@task
def stumble() -> None:
    """Fail."""
    raise ZeroDivisionError


@task
def meet() -> None:
    """Wait for the others."""
    meeting.wait(30)
    done.put("met")

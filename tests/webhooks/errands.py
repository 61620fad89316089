"""Tasks that the engines' tests run."""

from queue import SimpleQueue
from threading import Barrier

from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django_tasks import task

done: SimpleQueue[str] = SimpleQueue()
opened: SimpleQueue[BaseDatabaseWrapper] = SimpleQueue()
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
def ask_the_database() -> None:
    """Open a connection, and show it."""
    connection.ensure_connection()
    opened.put(connections[connection.alias])


@task
def meet() -> None:
    """Wait for the others."""
    meeting.wait(30)
    done.put("met")

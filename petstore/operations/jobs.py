"""What goes on in the background."""

import threading

from django.conf import settings
from django.utils.module_loading import import_string

from payments.services.sweeping import settle_due
from petstore.operations.working import Job
from webhooks.dispatch import Dispatcher
from webhooks.services.desk import desk
from webhooks.services.fanout import seal_and_tell

ENGINE_OF_ITS_OWN = "petstore.operations.procrastination.run_tasks"


def worker_jobs(stop: threading.Event) -> list[Job]:
    """All of it."""
    return [*webhook_jobs(stop), Job("payments", settle_due)]


def webhook_jobs(stop: threading.Event) -> list[Job]:
    """From the journal to the receivers, and the engine between where it is none of the embedded threads."""
    dispatcher = Dispatcher()
    jobs = [Job("journal", _seal_and_tell), Job("webhooks", dispatcher.work, dispatcher.rest, dispatcher.finish)]
    if settings.WORKER_ENGINE == "procrastinate":
        run_tasks = import_string(ENGINE_OF_ITS_OWN)  # its library is an extra
        jobs.append(Job("engine", lambda: int(run_tasks(stop))))
    return jobs


def _seal_and_tell() -> int:
    told = seal_and_tell()
    if told:
        desk.wake()
    return told

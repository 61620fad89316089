"""What goes on in the background."""

from payments.services.sweeping import settle_due
from petstore.operations.working import Job
from webhooks.dispatch import Dispatcher
from webhooks.services.fanout import seal_and_tell


def worker_jobs() -> list[Job]:
    """All of it."""
    return [*webhook_jobs(), Job("payments", settle_due)]


def webhook_jobs() -> list[Job]:
    """From the journal to the receivers."""
    dispatcher = Dispatcher()
    return [Job("journal", seal_and_tell), Job("webhooks", dispatcher.work, dispatcher.rest, dispatcher.finish)]

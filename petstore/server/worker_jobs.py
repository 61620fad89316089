"""The background worker's jobs: journal, webhooks, payments, and the daily and hourly ones."""

import threading
from collections.abc import Sequence

from django.conf import settings
from django.utils.module_loading import import_string

from events.hash_chain import retry_quarantined_events
from payments.services.reconciliation import reconcile_due_payments
from petstore.server.journal_heads import record_head_if_due
from petstore.server.purge import purge_if_due
from petstore.server.worker_loop import Job
from public_events.relay import Publisher, publish_pending_events
from webhooks.delivery.dispatcher import Dispatcher
from webhooks.delivery.in_flight import in_flight_deliveries
from webhooks.services.fanout import fan_out

PUBLISHERS: Sequence[Publisher] = (fan_out,)
"""Publishers that get every committed event, in this order."""
PROCRASTINATE_RUNNER = "petstore.server.procrastinate_backend.run_tasks"
DUE_CHECK_SECONDS = 60.0
"""The interval at which the daily and hourly jobs are checked."""


def build_worker_jobs(stop: threading.Event) -> list[Job]:
    """Build all jobs of the background worker."""
    return [
        *build_webhook_jobs(stop),
        Job("payments", reconcile_due_payments),
        Job("housekeeping", _purge_and_record_head, rest=lambda _seconds: stop.wait(DUE_CHECK_SECONDS)),
    ]


def _purge_and_record_head() -> int:
    return purge_if_due() + record_head_if_due()


def build_webhook_jobs(stop: threading.Event) -> list[Job]:
    """Build the jobs that publish events and deliver webhooks, and procrastinate's where it is the backend."""
    dispatcher = Dispatcher()
    jobs = [
        Job("journal", _JournalPublisher().publish_pending_events),
        Job("webhooks", dispatcher.run_one_round, dispatcher.wait_for_results, dispatcher.finish_in_flight),
    ]
    if settings.WORKER_ENGINE == "procrastinate":
        run_tasks = import_string(PROCRASTINATE_RUNNER)  # its library is an extra
        jobs.append(Job("engine", lambda: int(run_tasks(stop))))
    return jobs


class _JournalPublisher:
    """Publish pending events; the first run retries those that an earlier worker could not read."""

    def __init__(self) -> None:
        self._is_new = True

    def publish_pending_events(self) -> int:
        if self._is_new:
            retry_quarantined_events()
            self._is_new = False
        published = publish_pending_events(PUBLISHERS)
        if published:
            in_flight_deliveries.wake_dispatcher()
        return published

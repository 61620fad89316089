"""The background worker's jobs: journal, webhooks, MQTT, payments, and the daily and hourly ones."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils.module_loading import import_string

from events.outbox import retry_quarantined_events
from mqtt.services.fanout import queue_public_events
from payments.services.reconciliation import reconcile_due_payments
from petstore.server.journal_heads import record_head_if_due
from petstore.server.partitions import add_partitions_if_due
from petstore.server.purge import purge_if_due
from petstore.server.worker_loop import Job
from public_events.relay import MAX_EVENTS, Publisher, publish_pending_events
from webhooks.delivery.dispatcher import Dispatcher
from webhooks.delivery.in_flight import in_flight_deliveries
from webhooks.services.fanout import fan_out

if TYPE_CHECKING:
    from mqtt.delivery.publisher import EventPublisher

PUBLISHERS: Sequence[Publisher] = (fan_out, queue_public_events)
"""Publishers that get every committed event, in this order."""
MQTT_PUBLISHER = "mqtt.delivery.publisher.create_event_publisher"
PROCRASTINATE_RUNNER = "petstore.server.procrastinate_backend.run_tasks"
DUE_CHECK_SECONDS = 60.0
"""The interval at which the daily and hourly jobs are checked."""
BATCH_SECONDS = 0.2
"""The time in which events gather for the next batch while they keep coming."""


def build_worker_jobs(stop: threading.Event) -> list[Job]:
    """Build all jobs of the background worker."""
    return [
        *build_webhook_jobs(stop),
        Job("payments", reconcile_due_payments),
        Job("housekeeping", _keep_house, rest=lambda _seconds: stop.wait(DUE_CHECK_SECONDS)),
    ]


def _keep_house() -> int:
    return add_partitions_if_due() + purge_if_due() + record_head_if_due()


def build_webhook_jobs(stop: threading.Event) -> list[Job]:
    """Build the jobs that publish events and deliver them, and procrastinate's where it is the backend."""
    dispatcher, publisher = Dispatcher(), create_mqtt_publisher()
    wakers = [in_flight_deliveries.wake_dispatcher]
    jobs = [Job("webhooks", dispatcher.run_one_round, dispatcher.wait_for_results, dispatcher.finish_in_flight)]
    if publisher is not None:
        wakers.append(publisher.wake_up)
        jobs.append(Job("mqtt", publisher.run_one_round, publisher.wait_for_traffic, publisher.finish_in_flight))
    if settings.WORKER_ENGINE == "procrastinate":
        run_tasks = import_string(PROCRASTINATE_RUNNER)  # its library is an extra
        jobs.append(Job("engine", lambda: int(run_tasks(stop))))
    journal = _JournalPublisher(wakers, stop)
    return [Job("journal", journal.publish_pending_events, journal.wait_for_events), *jobs]


def create_mqtt_publisher() -> "EventPublisher | None":
    """Create what publishes to the broker of MQTT_URL; None where none is named."""
    if not settings.MQTT_URL:
        return None
    publisher: EventPublisher = import_string(MQTT_PUBLISHER)()  # its library is an extra
    return publisher


class _JournalPublisher:
    """Publish pending events; the first run retries those that an earlier worker could not read.

    After events that were few it waits a moment for more: a batch has costs of its own, which a hundred events share.

    Args:
        wakers: wake whoever sends what the publishers have written.
        stop: ends a wait.
    """

    def __init__(self, wakers: Sequence[Callable[[], None]], stop: threading.Event) -> None:
        self._is_new = True
        self._is_busy = False
        self._wakers = wakers
        self._stop = stop

    def publish_pending_events(self) -> int:
        """Publish a batch; return its size if more may be left at this moment, else 0."""
        if self._is_new:
            retry_quarantined_events()
            self._is_new = False
        published = publish_pending_events(PUBLISHERS)
        self._is_busy = published > 0
        if published:
            for wake_sender in self._wakers:
                wake_sender()
        return published if published == MAX_EVENTS else 0

    def wait_for_events(self, seconds: float) -> None:
        """Wait for the next batch: for a moment while events keep coming, else for so many seconds."""
        self._stop.wait(min(BATCH_SECONDS, seconds) if self._is_busy else seconds)

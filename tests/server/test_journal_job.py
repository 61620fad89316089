"""The worker's journal job works through a backlog at once, and lets single events gather."""

import threading

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.queries import count_pending_events
from petstore.server import worker_jobs
from petstore.server.worker_jobs import BATCH_SECONDS, PUBLISHERS, build_worker_jobs
from petstore.server.worker_loop import PAUSE_SECONDS, Job
from public_events.relay import publish_pending_events
from tenants.models import Tenant
from tests.factories import OrderFactory

pytestmark = pytest.mark.django_db


class RecordedStop(threading.Event):
    """Keeps for how long it was waited for, and waits for nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float | None] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout)
        return False


def run_and_rest(job: Job) -> int:
    size = job.work()
    if not size and job.rest:
        job.rest(PAUSE_SECONDS)
    return size


@pytest.fixture
def stop() -> RecordedStop:
    return RecordedStop()


@pytest.fixture
def journal(stop: RecordedStop) -> Job:
    """The job, with nothing to do."""
    (job,) = (job for job in build_worker_jobs(stop) if job.name == "journal")
    while job.work() or count_pending_events():
        pass
    run_and_rest(job)
    stop.waits.clear()
    return job


def test_after_a_few_events_the_next_ones_gather_for_a_moment(acme: Tenant, journal: Job, stop: RecordedStop) -> None:
    OrderFactory.create(tenant=acme)
    assert [run_and_rest(journal), run_and_rest(journal)] == [0, 0]
    assert count_pending_events() == 0
    assert stop.waits == [BATCH_SECONDS, PAUSE_SECONDS]


def test_a_backlog_is_worked_through_without_a_wait(
    acme: Tenant, journal: Job, stop: RecordedStop, monkeypatch: pytest.MonkeyPatch
) -> None:
    OrderFactory.create_batch(2, tenant=acme)
    waiting = count_pending_events()
    monkeypatch.setattr(worker_jobs, "MAX_EVENTS", waiting)
    assert run_and_rest(journal) == waiting
    assert stop.waits == []


@pytest.mark.usefixtures("journal")
def test_a_batch_takes_the_same_statements_however_many_events_it_has(acme: Tenant) -> None:
    counts = []
    for orders in (1, 6):
        OrderFactory.create_batch(orders, tenant=acme)
        with CaptureQueriesContext(connection) as statements:
            assert publish_pending_events(PUBLISHERS) >= orders
        counts.append(len(statements))
    assert counts[0] == counts[1]


@pytest.mark.usefixtures("journal")
def test_a_worker_at_rest_asks_one_question() -> None:
    with CaptureQueriesContext(connection) as statements:
        assert publish_pending_events(PUBLISHERS) == 0
    assert len(statements) == 1

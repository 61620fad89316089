"""What a worker does once a day: one worker, whatever the number of them and of their starts."""

import logging
import re
import threading
from datetime import datetime, timedelta

import pytest
from django.db import DatabaseError
from django.test import Client

from idempotency.models import IdempotencyRecord
from kernel import clock
from petstore.server import purge
from petstore.server.models import RecurringJob
from petstore.server.purge import PURGES, purge_if_due, run_all_purges
from petstore.server.recurring_jobs import LEASE, last_run_times, run_if_due
from petstore.server.worker_jobs import build_worker_jobs
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.concurrency import run_together

DAY = timedelta(days=1)
NOON = datetime.fromisoformat("2026-11-30T12:00:00Z")


class Hands:
    """Work that counts how often it was done."""

    def __init__(self, at: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
        self.at, self.times, self.fails = at, 0, False
        monkeypatch.setattr(clock, "now", lambda: self.at)

    def work(self) -> None:
        self.times += 1
        if self.fails:
            raise OSError("No space left")

    def come(self, after: timedelta = timedelta()) -> bool:
        self.at += after
        return run_if_due("job", every=DAY, work=self.work)


@pytest.fixture
def hands(db: None, monkeypatch: pytest.MonkeyPatch) -> Hands:
    return Hands(NOON, monkeypatch)


def test_a_job_is_done_once_a_day_however_often_somebody_comes(hands: Hands) -> None:
    came = [hands.come(after) for after in (timedelta(), timedelta(hours=1), timedelta(hours=22), timedelta(hours=1))]
    assert came == [True, False, False, True]
    assert hands.times == 2


def test_work_that_failed_is_done_again_when_its_lease_is_over(hands: Hands) -> None:
    hands.fails = True
    with pytest.raises(OSError, match="No space"):
        hands.come()
    hands.fails = False
    assert [hands.come(), hands.come(LEASE), hands.come()] == [False, True, False]


def test_a_clock_that_was_years_ahead_stops_nothing_for_good(hands: Hands) -> None:
    assert hands.come(timedelta(days=3650))
    assert hands.come(timedelta(days=-3650))


@pytest.mark.django_db(transaction=True)
def test_of_many_workers_that_come_at_once_one_does_it() -> None:
    done = []
    outcome = run_together([lambda: run_if_due("job", every=DAY, work=lambda: done.append(1))] * 8)
    assert (outcome.errors, outcome.results.count(True), done) == ([], 1, [1])


@pytest.mark.django_db(transaction=True)
def test_without_the_claim_many_would_do_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: whoever only looks does it again."""
    monkeypatch.setattr("petstore.server.recurring_jobs._claim_due_job", lambda *_: True)
    done, gate = [], threading.Barrier(8)

    def work() -> None:
        gate.wait(10)
        done.append(1)

    outcome = run_together([lambda: run_if_due("job", every=DAY, work=work)] * 8)
    assert (outcome.errors, len(done)) == ([], 8)


def test_the_daily_purge_deletes_and_says_so(acme: Tenant, caplog: pytest.LogCaptureFixture) -> None:
    with tenant_scope(acme.id):
        old = clock.now() - 2 * DAY
        row = IdempotencyRecord(principal="p", operation="o", key_digest="old", request_digest="r", created_at=old)
        row.save(force_insert=True)
    with caplog.at_level(logging.INFO):
        assert purge_if_due() == 1
        assert purge_if_due() == 0
    with tenant_scope(acme.id):
        assert not IdempotencyRecord.objects.exists()
    said = [record.getMessage() for record in caplog.records]
    assert "Daily purge, idempotency: 1 deleted." in said
    assert len(said) == len(PURGES)
    assert set(last_run_times()) == {"purge"}


@pytest.mark.django_db
def test_a_purge_that_fails_keeps_none_of_the_others(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(**_options: object) -> int:
        raise DatabaseError

    broken = purge.Purge("rows", refuse, DAY)
    monkeypatch.setattr(purge, "PURGES", {"broken": broken} | PURGES)
    with caplog.at_level(logging.INFO), pytest.raises(DatabaseError):
        run_all_purges()
    assert len(caplog.records) == len(PURGES)
    assert not RecurringJob.objects.exists()


def test_the_worker_has_it_among_its_jobs() -> None:
    assert "housekeeping" in [job.name for job in build_worker_jobs(threading.Event())]


@pytest.mark.django_db
def test_metrics_say_when_it_was_last_done(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON)
    assert purge_if_due()
    told = client.get("/metrics").content.decode()
    found = re.search(r'^petstore_recurring_job_timestamp_seconds\{job="purge"\} (\S+)$', told, re.MULTILINE)
    assert found is not None
    assert float(found[1]) == NOON.timestamp()

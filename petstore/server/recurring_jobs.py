"""Recurring jobs that one of all workers runs, whichever comes first."""

from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import Q

from kernel import clock
from petstore.server.models import RecurringJob

LEASE = timedelta(hours=1)
"""The lease of a run; when it has expired another worker runs the job again."""


def run_if_due(name: str, *, every: timedelta, work: Callable[[], object]) -> bool:
    """Run the work if it is due and no other worker is running it; returns whether it was run.

    Work that raises is due again when its lease is over. A clock that was wrong for a while delays it by no more than
    one interval.
    """
    at = clock.now()
    rows = RecurringJob.objects.filter(pk=name)
    if not _is_due(rows.first(), at, every) or not _claim_due_job(name, at, every):
        return False
    work()
    rows.update(done_at=clock.now(), claimed_until=None)
    return True


def last_run_times() -> dict[str, datetime]:
    """Return the time of each job's last run."""
    return {job.name: job.done_at for job in RecurringJob.objects.all() if job.done_at is not None}


def _is_due(job: RecurringJob | None, at: datetime, every: timedelta) -> bool:
    """Look without a lock, so that workers that come too early write nothing."""
    return job is None or job.done_at is None or not at - every < job.done_at < at + every


def _claim_due_job(name: str, at: datetime, every: timedelta) -> bool:
    RecurringJob.objects.bulk_create([RecurringJob(name=name)], ignore_conflicts=True)
    not_done = Q(done_at=None) | Q(done_at__lte=at - every) | Q(done_at__gte=at + every)
    is_free = Q(claimed_until=None) | Q(claimed_until__lte=at) | Q(claimed_until__gt=at + LEASE)
    return RecurringJob.objects.filter(not_done, is_free, pk=name).update(claimed_until=at + LEASE) == 1

"""Claim due events under a lease; an expired lease can be claimed again."""

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction

from kernel import clock
from mqtt.models import OutgoingEvent
from tenants.scoping import all_tenants

LEASE = timedelta(seconds=30)
"""The time that a claim lasts: more than an event waits to be sent and then for its acknowledgement."""
FRESH_FRACTION: Final = 3
"""A third of a lease is fresh: an event that is sent then is acknowledged, or given up, before the lease ends."""
REASON: Final = "the worker serves all tenants"


@dataclass(frozen=True, slots=True)
class ClaimedEvent:
    """An event that is ours until the lease ends.

    Attributes:
        claim: the token that must still be in the row when the event is settled.
        claimed_at: the start of the lease.
        monotonic_at: the same on a clock that nobody sets.
    """

    event_id: UUID
    claim: UUID
    claimed_at: datetime
    tenant_id: UUID
    event_type: str
    body: str
    attempts_made: int
    monotonic_at: float = field(default_factory=time.monotonic, compare=False)

    def has_fresh_lease(self) -> bool:
        """Return whether the lease has just begun; it is old after the process was frozen or the broker was slow."""
        age = max((clock.now() - self.claimed_at).total_seconds(), time.monotonic() - self.monotonic_at)
        return age < LEASE.total_seconds() / FRESH_FRACTION


def claim_due_events(limit: int) -> list[ClaimedEvent]:
    """Claim up to so many due events of all tenants; of two workers one gets each.

    The number of rows read grows with the limit, never with the backlog. On PostgreSQL rows that another transaction
    has locked are skipped; SQLite runs one transaction at a time.
    """
    at = clock.now()
    with all_tenants(reason=REASON):
        if not OutgoingEvent.objects.due(at).exists():
            return []
        with transaction.atomic():
            rows = OutgoingEvent.objects.due(at).select_for_update(skip_locked=True, no_key=True, of=("self",))[:limit]
            return _lease_locked_events(list(rows), at)


def _lease_locked_events(rows: list[OutgoingEvent], at: datetime) -> list[ClaimedEvent]:
    token = uuid4()
    OutgoingEvent.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=at + LEASE, claim=token)
    return [ClaimedEvent(row.pk, token, at, row.tenant_id, row.event_type, row.body, row.attempts_made) for row in rows]

"""Claim due deliveries under a lease; an expired lease can be claimed again."""

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import F, OuterRef, Q, Subquery

from kernel import clock
from tenants.scoping import all_tenants
from webhooks.encryption import SecretUnreadable
from webhooks.models import Delivery, Endpoint
from webhooks.signatures import derive_callback_secrets

LEASE = timedelta(seconds=30)
"""The time that a claim lasts: much more than an attempt takes."""
FRESH_FRACTION = 3
"""A third of a lease is fresh: an attempt that begins then ends long before the lease, whatever other clocks say."""
REASON = "the worker serves all tenants"


class ClaimLost(Exception):
    """The lease ended before the delivery could be sent, and another worker has claimed or settled it."""


@dataclass(frozen=True, slots=True)
class ClaimedDelivery:
    """A delivery that is ours until the lease ends, with everything that is needed to send it.

    Attributes:
        claim: the token that must still be in the row when the delivery is settled.
        claimed_at: the start of the lease.
        monotonic_at: the same on a clock that nobody sets.
        secrets: newest first; none where SECRET_KEY has changed and they cannot be read.
        is_ordered: later deliveries with its ordering key wait for it.
        host: a callback's host; None for other deliveries.
    """

    delivery_id: UUID
    claim: UUID
    claimed_at: datetime
    tenant_id: UUID
    endpoint_id: UUID
    message_id: UUID
    url: str
    secrets: tuple[str, ...]
    body: str
    attempts_made: int
    is_ordered: bool
    host: str | None = None
    monotonic_at: float = field(default_factory=time.monotonic, compare=False)

    def has_fresh_lease(self) -> bool:
        """Check that the lease has just begun; it is old after a process was frozen or a task waited long."""
        age = max((clock.now() - self.claimed_at).total_seconds(), time.monotonic() - self.monotonic_at)
        return age < LEASE.total_seconds() / FRESH_FRACTION


@dataclass(frozen=True, slots=True)
class WaitingEndpoint:
    """An endpoint with a due delivery.

    Attributes:
        is_failing: its last attempt failed.
    """

    endpoint_id: UUID
    is_failing: bool


def list_waiting_endpoints(limit: int, *, busy: Collection[UUID], include_failing: bool) -> list[WaitingEndpoint]:
    """List subscribed endpoints with a due delivery: healthy ones before failing ones, then by the longest wait.

    Endpoints of a SUSPENDED tenant get nothing until it is ACTIVE again; then all that has waited is due.
    The number of rows read grows with the endpoints, never with the deliveries.

    Args:
        busy: endpoints that can take no more.
        include_failing: list failing endpoints, too.
    """
    at = clock.now()
    with all_tenants(reason=REASON):
        ready = Q(backoff_until__isnull=True) | Q(backoff_until__lte=at)
        rows = Endpoint.objects.reachable().filter(ready, kind=Endpoint.Kind.SUBSCRIPTION).exclude(pk__in=busy)
        if not include_failing:
            rows = rows.filter(failures=0)
        oldest = Delivery.objects.due(at).filter(endpoint=OuterRef("pk")).values("due_at")[:1]
        waiting = rows.annotate(oldest=Subquery(oldest)).filter(oldest__isnull=False)
        ordered = waiting.order_by(F("backoff_until").asc(nulls_first=True), "oldest")
        found = ordered.values_list("pk", "failures")[:limit]
        return [WaitingEndpoint(pk, failures > 0) for pk, failures in found]


def claim_due_deliveries(allocation: Mapping[UUID, int]) -> list[ClaimedDelivery]:
    """Claim up to so many due deliveries of each endpoint; of two workers one gets each.

    On PostgreSQL rows that another transaction has locked are skipped; SQLite runs one transaction at a time.
    """
    at = clock.now()
    with all_tenants(reason=REASON), transaction.atomic():
        return lease_deliveries(
            [row for endpoint_id, limit in allocation.items() for row in _lock_due_deliveries(endpoint_id, limit, at)],
            at,
        )


def lease_deliveries(rows: Sequence[Delivery], at: datetime) -> list[ClaimedDelivery]:
    """Claim these deliveries, which are locked and due at this time. Needs `all_tenants` and a transaction."""
    token = uuid4()
    Delivery.objects.filter(pk__in=[row.pk for row in rows]).update(due_at=at + LEASE, claim=token)
    return [_build_claimed_delivery(row, token, at) for row in rows]


def load_claimed_delivery(delivery_id: UUID, token: UUID) -> ClaimedDelivery | None:
    """Load a delivery if it is still claimed under this token."""
    with all_tenants(reason=REASON):
        rows = Delivery.objects.select_related("endpoint", "message")
        row = rows.filter(pk=delivery_id, claim=token, due_at__isnull=False).first()
        return _build_claimed_delivery(row, token, row.due_at - LEASE) if row and row.due_at else None


def renew_old_lease(claimed: ClaimedDelivery) -> None:
    """Renew the lease if it is not fresh any more.

    Raises:
        ClaimLost: another worker has the delivery, or it is settled.
    """
    if claimed.has_fresh_lease():
        return
    with all_tenants(reason=REASON):
        held = Delivery.objects.filter(pk=claimed.delivery_id, claim=claimed.claim)
        if not held.update(due_at=clock.now() + LEASE):
            raise ClaimLost


def find_still_claimed(claims: Sequence[ClaimedDelivery]) -> set[UUID]:
    """Return the ids of those deliveries that are neither settled nor claimed again."""
    tokens = {claimed.delivery_id: claimed.claim for claimed in claims}
    with all_tenants(reason=REASON):
        rows = Delivery.objects.filter(pk__in=tokens).values_list("pk", "claim")
        return {pk for pk, token in rows if token == tokens[pk]}


def _lock_due_deliveries(endpoint_id: UUID, limit: int, at: datetime) -> Sequence[Delivery]:
    rows = Delivery.objects.due(at).filter(endpoint_id=endpoint_id, endpoint__status=Endpoint.Status.ACTIVE)
    rows = rows.select_for_update(skip_locked=True, no_key=True, of=("self",))
    return list(rows.select_related("endpoint", "message")[:limit])


def _build_claimed_delivery(row: Delivery, token: UUID, at: datetime) -> ClaimedDelivery:
    return ClaimedDelivery(
        delivery_id=row.pk,
        claim=token,
        claimed_at=at,
        tenant_id=row.tenant_id,
        endpoint_id=row.endpoint_id,
        message_id=row.message_id,
        url=row.url or row.endpoint.url,
        secrets=_list_signing_secrets(row.endpoint, at),
        body=row.message.body,
        attempts_made=row.attempts_made,
        is_ordered=row.sequence > 0,
        host=row.host,
    )


def _list_signing_secrets(endpoint: Endpoint, at: datetime) -> tuple[str, ...]:
    if endpoint.kind == Endpoint.Kind.CALLBACK:
        return derive_callback_secrets(endpoint.tenant_id)
    has_two = endpoint.previous_secret_until is not None and endpoint.previous_secret_until > at
    try:
        return (endpoint.secret, endpoint.previous_secret) if has_two else (endpoint.secret,)
    except SecretUnreadable:
        return ()

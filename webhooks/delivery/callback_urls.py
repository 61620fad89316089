"""What an attempt tells of a callback's URL, for all callbacks that wait to go to the same one: a circuit breaker."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from webhooks.delivery.claims import Claimed
from webhooks.delivery.retry_policy import LONGEST_REST, SCHEDULE
from webhooks.models import Delivery, DeliveryQuerySet

AT_ONCE = 1000
"""Callbacks that one attempt speaks for; those beyond it are spoken for by the next."""


def note_success(claimed: Claimed, at: datetime) -> None:
    """Make due the callbacks that waited for the URL to answer again."""
    resting = _waiting(claimed).filter(attempts_made=0, due_at__gt=at)
    Delivery.objects.filter(pk__in=_some(resting)).update(due_at=at)


def note_failure(claimed: Claimed, at: datetime, *, is_last: bool) -> None:
    """The others leave the URL alone for a while; after a last attempt in vain those that are as old are given up."""
    if is_last:
        old = _some(_waiting(claimed).filter(created_at__lt=at - SCHEDULE[-1]))
        given_up = {"status": Delivery.Status.FAILED, "settled_at": at, "due_at": None}
        Delivery.objects.filter(pk__in=old).update(**given_up)
    rests_until = at + LONGEST_REST
    Delivery.objects.filter(pk__in=_some(_waiting(claimed).filter(due_at__lt=rests_until))).update(due_at=rests_until)


def _waiting(claimed: Claimed) -> DeliveryQuerySet:
    """Those of the same tenant to the same URL that nobody has claimed."""
    rows: DeliveryQuerySet = Delivery.objects.callbacks().filter(
        endpoint_id=claimed.endpoint_id, url=claimed.url, due_at__isnull=False, claim__isnull=True
    )
    return rows.exclude(pk=claimed.delivery_id)


def _some(rows: DeliveryQuerySet) -> Sequence[UUID]:
    """The oldest of them, locked; whatever somebody else has in hand is left to them."""
    locked = rows.select_for_update(skip_locked=True, no_key=True).order_by("due_at")
    return list(locked.values_list("pk", flat=True)[:AT_ONCE])

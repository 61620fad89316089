"""A circuit breaker for callback URLs: one attempt counts for all callbacks that wait to go to the same URL."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from webhooks.delivery.claims import ClaimedDelivery
from webhooks.delivery.retry_policy import MAX_BACKOFF, SCHEDULE
from webhooks.models import Delivery, DeliveryQuerySet

MAX_CALLBACKS = 1000
"""Callbacks that one attempt counts for; those beyond it wait for the next attempt."""


def close_url_circuit(claimed: ClaimedDelivery, at: datetime) -> None:
    """Make due the callbacks that waited for the URL to answer again."""
    resting = _list_waiting_callbacks(claimed).filter(attempts_made=0, due_at__gt=at)
    Delivery.objects.filter(pk__in=_lock_oldest_callbacks(resting)).update(due_at=at)


def open_url_circuit(claimed: ClaimedDelivery, at: datetime, *, is_last: bool) -> None:
    """Put off the other callbacks to the URL; after a failed last attempt, give up those that are as old."""
    if is_last:
        old = _lock_oldest_callbacks(_list_waiting_callbacks(claimed).filter(created_at__lt=at - SCHEDULE[-1]))
        given_up = {"status": Delivery.Status.FAILED, "settled_at": at, "due_at": None}
        Delivery.objects.filter(pk__in=old).update(**given_up)
    backoff_until = at + MAX_BACKOFF
    Delivery.objects.filter(
        pk__in=_lock_oldest_callbacks(_list_waiting_callbacks(claimed).filter(due_at__lt=backoff_until))
    ).update(due_at=backoff_until)


def _list_waiting_callbacks(claimed: ClaimedDelivery) -> DeliveryQuerySet:
    """Filter the unclaimed callbacks of the same tenant to the same URL."""
    rows: DeliveryQuerySet = Delivery.objects.callbacks().filter(
        endpoint_id=claimed.endpoint_id, url=claimed.url, due_at__isnull=False, claim__isnull=True
    )
    return rows.exclude(pk=claimed.delivery_id)


def _lock_oldest_callbacks(rows: DeliveryQuerySet) -> Sequence[UUID]:
    """Lock the oldest of them, but for those that another transaction has locked; return their ids."""
    locked = rows.select_for_update(skip_locked=True, no_key=True).order_by("due_at")
    return list(locked.values_list("pk", flat=True)[:MAX_CALLBACKS])

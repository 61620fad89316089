"""Deleting what was delivered long ago."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from kernel import clock
from tenants.scoping import all_tenants
from webhooks.models import Attempt, Delivery, DeliveryQuerySet, Endpoint, Message


def purge_deliveries(*, older_than: timedelta, is_trial: bool) -> int:
    """Delete deliveries that were settled longer ago than that, with their attempts; returns how many.

    Messages that nothing delivers any more go with them, and the endpoints of callbacks that nobody asks for.

    Args:
        is_trial: only count them.
    """
    latest = clock.now() - older_than
    with all_tenants(reason="deliveries of every tenant grow old"), transaction.atomic():
        rows = Delivery.objects.filter(settled_at__lt=latest)
        if is_trial:
            return int(rows.count())
        number = delete_deliveries(rows)
        Message.objects.filter(_is_alone("message"), created_at__lt=latest).delete()
        _delete_idle_callbacks(latest)
        return number


def delete_deliveries(rows: DeliveryQuerySet) -> int:
    """Delete these and their attempts, in two statements whatever their number; returns how many."""
    Attempt.objects.filter(delivery__in=rows).delete()
    return rows._raw_delete(rows.db)  # noqa: SLF001  # `delete` would read every row, to look for what refers to it


def _delete_idle_callbacks(latest: datetime) -> None:
    """Locked first and looked at again then: `enqueue_callback` locks it, too, and would otherwise lose it."""
    old = Endpoint.objects.filter(_is_alone("endpoint"), kind=Endpoint.Kind.CALLBACK, created_at__lt=latest)
    locked = [row.pk for row in old.select_for_update(skip_locked=True)]
    Endpoint.objects.filter(_is_alone("endpoint"), pk__in=locked).delete()


def _is_alone(field: str) -> Q:
    """No delivery names it in this field."""
    return ~Q(Exists(Delivery.objects.filter(**{field: OuterRef("pk")})))

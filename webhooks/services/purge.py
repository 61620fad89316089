"""Purge of old deliveries, and of those that wait for endpoints that nothing is sent to."""

from datetime import timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q

from database.short_locks import call_when_free
from kernel import clock, ids
from tenants.scoping import all_tenants
from webhooks.models import Attempt, Delivery, DeliveryQuerySet, Endpoint, Message


def purge_settled_deliveries(*, older_than: timedelta, dry_run: bool) -> int:
    """Delete deliveries that were settled longer ago than that, with their attempts; return how many.

    Messages without any delivery are deleted with them.

    Args:
        dry_run: only count them.
    """
    latest = clock.now() - older_than
    with all_tenants(reason="deliveries of every tenant grow old"), transaction.atomic():
        rows = Delivery.objects.filter(settled_at__lt=latest)
        if dry_run:
            return int(rows.count())
        number = delete_deliveries(rows)
        Message.objects.filter(_without_delivery("message"), created_at__lt=latest).delete()
        return number


def purge_delivery_months(*, older_than: timedelta, dry_run: bool) -> int:
    """Drop the months of deliveries that were over and settled longer ago than that; return how many deliveries.

    What is left of such a month, because one of its deliveries waited longer, is deleted row by row. On SQLite, which
    has no partitions, deliveries are deleted as `purge_settled_deliveries` does.

    Args:
        dry_run: only count what would be deleted row by row.
    """
    if connection.vendor != "postgresql" or dry_run:
        return purge_settled_deliveries(older_than=older_than, dry_run=dry_run)
    latest = clock.now() - older_than
    bound = ids.id_born_at(latest.replace(day=1, hour=0, minute=0, second=0, microsecond=0), 0)
    with all_tenants(reason="deliveries of every tenant grow old"):
        with connection.cursor() as cursor:
            dropped = call_when_free(cursor, "webhooks_drop_months", latest)
        with transaction.atomic():
            number = delete_deliveries(Delivery.objects.filter(settled_at__lt=latest, pk__lt=bound))
            Message.objects.filter(_without_delivery("message"), pk__lt=bound).delete()
    return int(str(dropped)) + number


def give_up_waiting_deliveries(*, older_than: timedelta, dry_run: bool) -> int:
    """Give up deliveries that have waited longer than that for PAUSED endpoints or SUSPENDED tenants; return how many.

    They become FAILED, so that staff can send them again until they are purged.

    Args:
        dry_run: only count them.
    """
    latest = clock.now() - older_than
    with all_tenants(reason="deliveries of every tenant grow old"):
        reachable = Endpoint.objects.reachable().values("pk")
        waiting = Delivery.objects.filter(settled_at__isnull=True, created_at__lt=latest).exclude(
            endpoint__in=reachable
        )
        if dry_run:
            return int(waiting.count())
        endpoint_ids = sorted(set(waiting.order_by().values_list("endpoint", flat=True)))
        return sum(_give_up_endpoint(waiting, endpoint_id) for endpoint_id in endpoint_ids)


def _give_up_endpoint(waiting: DeliveryQuerySet, endpoint_id: UUID) -> int:
    """Give up those of one endpoint, locked first, as in `settle_attempts`; the next of their keys become due."""
    at = clock.now()
    with transaction.atomic():
        Endpoint.objects.select_for_update(no_key=True).get(pk=endpoint_id)
        at_rest = Q(claim__isnull=True) | Q(due_at__lte=at)
        given_up = waiting.filter(at_rest, endpoint_id=endpoint_id)
        number = given_up.update(status=Delivery.Status.FAILED, settled_at=at, due_at=None, claim=None)
        queue = Delivery.objects.queued().filter(endpoint_id=endpoint_id)
        before = queue.filter(ordering_key=OuterRef("ordering_key"), sequence__lt=OuterRef("sequence"))
        queue.filter(~Exists(before), due_at__isnull=True).update(due_at=at)
    return number


def delete_deliveries(rows: DeliveryQuerySet) -> int:
    """Delete deliveries and their attempts, in two statements whatever their number; return how many."""
    Attempt.objects.filter(delivery__in=rows).delete()
    return rows._raw_delete(rows.db)  # noqa: SLF001  # `delete` would read every row, to look for what refers to it


def _without_delivery(field: str) -> Q:
    """Build the condition that no delivery has this row in a field."""
    return ~Q(Exists(Delivery.objects.filter(**{field: OuterRef("pk")})))

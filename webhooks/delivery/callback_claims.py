"""Claims of callbacks. Anybody may have named their URLs, so no URL and no host may keep another one waiting."""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from kernel import clock
from tenants.models import Tenant
from tenants.scoping import all_tenants
from webhooks.delivery.claims import ClaimedDelivery, lease_deliveries
from webhooks.models import Delivery, DeliveryQuerySet

MAX_PER_HOST = 4
"""Callbacks that may be in flight to one host at a time; to one URL it is one."""
MAX_READ = 64
"""Due callbacks that are read at a time."""
REASON = "the worker serves all tenants"


class _DueCallback(NamedTuple):
    delivery_id: UUID
    url: str
    host: str


def claim_due_callbacks(slots: int, *, in_flight: Collection[ClaimedDelivery]) -> list[ClaimedDelivery]:
    """Claim up to `slots` due callbacks: hosts in turn, and of each the one that has waited longest.

    A URL that does not answer holds one thread, and a host all of whose URLs do not answer holds `MAX_PER_HOST`.

    Args:
        in_flight: deliveries that are claimed and not settled.
    """
    at = clock.now()
    with all_tenants(reason=REASON):
        chosen = _CallbackSelection(slots, in_flight).select_due_callbacks(at)
        if not chosen:
            return []
        with transaction.atomic():
            rows = (
                due_callbacks(at).filter(pk__in=chosen).select_for_update(skip_locked=True, no_key=True, of=("self",))
            )
            return lease_deliveries(list(rows.select_related("endpoint", "message")), at)


class _CallbackSelection:
    """The callbacks that are selected, beside those that are in flight."""

    def __init__(self, slots: int, in_flight: Iterable[ClaimedDelivery]) -> None:
        callbacks = [claimed for claimed in in_flight if claimed.host is not None]
        self._slots = slots
        self._urls = {claimed.url for claimed in callbacks}
        self._hosts = Counter(str(claimed.host) for claimed in callbacks)
        self._chosen: list[UUID] = []

    def select_due_callbacks(self, at: datetime) -> list[UUID]:
        """Select callbacks. A short queue is read once; a long one several times, without full hosts and busy URLs."""
        due = self._read_due_callbacks(at, MAX_PER_HOST)
        are_few = len(due) < MAX_READ
        for limit in range(1, MAX_PER_HOST + 1):
            self._add_due_callbacks(due, limit)
            while not are_few and len(self._chosen) < self._slots and (more := self._read_due_callbacks(at, limit)):
                self._add_due_callbacks(more, limit)
        return self._chosen

    def _read_due_callbacks(self, at: datetime, limit: int) -> Sequence[_DueCallback]:
        full = [host for host, number in self._hosts.items() if number >= limit]
        rows = due_callbacks(at).exclude(url__in=self._urls).exclude(host__in=full)
        return [_DueCallback(pk, url, host or "") for pk, url, host in rows.values_list("pk", "url", "host")[:MAX_READ]]

    def _add_due_callbacks(self, due: Iterable[_DueCallback], limit: int) -> None:
        for one in due:
            if len(self._chosen) >= self._slots:
                return
            if one.url not in self._urls and self._hosts[one.host] < limit:
                self._chosen.append(one.delivery_id)
                self._urls.add(one.url)
                self._hosts[one.host] += 1


def due_callbacks(at: datetime) -> DeliveryQuerySet:
    """Filter the callbacks of all ACTIVE tenants whose attempt may start now, by an index of their own."""
    rows: DeliveryQuerySet = Delivery.objects.callbacks().due(at)
    return rows.filter(tenant__status=Tenant.Status.ACTIVE)

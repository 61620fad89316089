"""Orders of a span added up: its whole days from the tally, the broken days at its ends from the table.

However many orders there are, a sum reads a few rows for each day; and it is exact.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from orders.models import CENTS, DayTally, Order
from orders.states import Status

EARNING: Final = (Status.APPROVED, Status.SHIPPED, Status.DELIVERED)
"""States whose orders count as revenue: paid or approved, and not cancelled."""

_DAY = timedelta(days=1)
_LAST_SECOND = time(23, 59, 59)
"""Moments are whole seconds (kernel.clock)."""


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when, both ends included; None where there is no bound."""

    since: datetime | None = None
    until: datetime | None = None


ALWAYS = Span()


class Sums(NamedTuple):
    """Orders of one status and currency, and what they are worth in cents."""

    status: str
    currency: str
    orders: int
    cents: int

    @property
    def is_earning(self) -> bool:
        return self.status in EARNING


class Placed:
    """The orders of the scope that were placed in a span. Each sum is one query, the broken days are one more."""

    def __init__(self, span: Span = ALWAYS) -> None:
        since, until = (moment and moment.astimezone(UTC) for moment in (span.since, span.until))
        broken = _broken_days(since, until)
        self._broken = _sums_of_parts([_part(day, since, until) for day in broken])
        self._whole: QuerySet[Any] = DayTally.objects.order_by()
        if since:
            self._whole = self._whole.filter(day__gte=since.date())
        if until:
            self._whole = self._whole.filter(day__lte=until.date())
        if broken:
            self._whole = self._whole.exclude(day__in=broken)

    def in_all(self) -> Iterator[Sums]:
        """The sums of each status and currency; one pair may come more than once."""
        yield from (sums for _, sums in self._broken)
        yield from (Sums(*row) for row in _summed(self._whole.values_list("status", "currency")))

    def by_day(self, since: date) -> Iterator[tuple[date, Sums]]:
        """The same for each day from `since` on, in no order; days without an order are left out."""
        yield from ((day, sums) for day, sums in self._broken if day >= since)
        found = _summed(self._whole.filter(day__gte=since).values_list("day", "status", "currency"))
        yield from ((day, Sums(*rest)) for day, *rest in found)


def _summed(lines: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
    summed: QuerySet[Any, Any] = lines.annotate(number=Sum("orders"), worth=Sum("cents")).exclude(number=0, worth=0)
    return summed


def busiest_tenants(since: date, *, limit: int) -> dict[UUID, int]:
    """How many orders those tenants of the scope had that had the most of them since a day, the first one first."""
    lines = DayTally.objects.order_by().filter(day__gte=since).values_list("tenant_id")
    found = lines.annotate(number=Sum("orders")).filter(number__gt=0).order_by("-number", "tenant_id")
    return {tenant_id: int(number) for tenant_id, number in found[:limit]}


def _broken_days(since: datetime | None, until: datetime | None) -> list[date]:
    """The days of which the span has a part only."""
    days = {since.date()} if since and since.time() != time() else set()
    if until and until.time() < _LAST_SECOND:
        days.add(until.date())
    return sorted(days)


def _part(day: date, since: datetime | None, until: datetime | None) -> Q:
    """The span's orders of a day."""
    start = datetime.combine(day, time(), UTC)
    part = Q(created_at__gte=max(since or start, start), created_at__lt=start + _DAY)
    return part & Q(created_at__lte=until) if until else part


def _sums_of_parts(parts: list[Q]) -> list[tuple[date, Sums]]:
    if not parts:
        return []
    lines = Order.objects.order_by().filter(reduce(or_, parts)).annotate(day=TruncDate("created_at", tzinfo=UTC))
    found = lines.values_list("day", "status", "currency").annotate(number=Count("pk"), worth=Sum(CENTS))
    return [(day, Sums(*rest)) for day, *rest in found]

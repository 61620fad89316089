"""Orders of a span added up: its whole days from the tally, the broken days at its ends from the table."""

from collections.abc import Iterator
from datetime import UTC, date
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import TruncDate

from orders.date_ranges import ALWAYS, Span, in_broken_days, whole_days
from orders.models import CENTS, DayTally, Order


class Sums(NamedTuple):
    """Orders of one status and currency, and what they are worth in cents."""

    status: str
    currency: str
    orders: int
    cents: int


class Placed:
    """The orders of the scope that were placed in a span. Each sum is one query, the broken days are one more."""

    def __init__(self, span: Span = ALWAYS) -> None:
        span = span.in_utc()
        self._broken = _sums_of_parts(in_broken_days(span))
        self._whole = whole_days(span, DayTally.objects.order_by())

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


def _sums_of_parts(part: Q | None) -> list[tuple[date, Sums]]:
    if part is None:
        return []
    lines = Order.objects.order_by().filter(part).annotate(day=TruncDate("created_at", tzinfo=UTC))
    found = lines.values_list("day", "status", "currency").annotate(number=Count("pk"), worth=Sum(CENTS))
    return [(day, Sums(*rest)) for day, *rest in found]

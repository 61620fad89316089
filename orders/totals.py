"""Totals of orders over a date range: whole days from the daily totals, partial days from the orders."""

from collections.abc import Iterator
from datetime import UTC, date
from functools import partial
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, DateField, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, TruncDate

from database import compiled_query
from orders.date_ranges import ALWAYS, DateRange, filter_whole_days, match_partial_days
from orders.models import CENTS, DailyOrderTotals, Order
from tenants.scoping import is_one_tenant_open


class OrderTotals(NamedTuple):
    """The number of orders of one status and currency, and their worth in cents."""

    status: str
    currency: str
    orders: int
    cents: int


class PlacedOrders:
    """The orders of the scope that were placed in a date range; a total is one query, partial days are one more."""

    def __init__(self, span: DateRange = ALWAYS) -> None:
        self._is_compiled = span == ALWAYS and is_one_tenant_open()
        span = span.convert_to_utc()
        self._broken = _sum_partial_days(match_partial_days(span))
        self._whole = partial(filter_whole_days, span)

    def total_by_status(self) -> Iterator[OrderTotals]:
        """Yield the totals of each status and currency; a pair may come more than once."""
        yield from (sums for _, sums in self._broken)
        found = _totals_by_status() if self._is_compiled else _sum_by_status(self._whole(_list_daily_totals()))
        yield from map(OrderTotals._make, found)

    def total_by_day(self, since: date) -> Iterator[tuple[date, OrderTotals]]:
        """Yield the totals of each day from `since` on, unordered; days without an order are left out."""
        yield from ((day, sums) for day, sums in self._broken if day >= since)
        text = since.isoformat()
        found = _totals_by_day(text) if self._is_compiled else _sum_by_day(self._whole(_list_daily_totals()), text)
        yield from ((day, OrderTotals(*rest)) for day, *rest in found)


@compiled_query
def _totals_by_status() -> "QuerySet[Any, Any]":
    return _sum_by_status(_list_daily_totals())


@compiled_query
def _totals_by_day(since: str) -> "QuerySet[Any, Any]":
    return _sum_by_day(_list_daily_totals(), since)


def _list_daily_totals() -> "QuerySet[Any, Any]":
    return DailyOrderTotals.objects.order_by()


def _sum_by_status(lines: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
    return _sum_daily_totals(lines.values_list("status", "currency"))


def _sum_by_day(lines: "QuerySet[Any, Any]", since: str) -> "QuerySet[Any, Any]":
    later = lines.filter(day__gte=Cast(Value(since), DateField()))
    return _sum_daily_totals(later.values_list("day", "status", "currency"))


def _sum_daily_totals(lines: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
    summed: QuerySet[Any, Any] = lines.annotate(number=Sum("orders"), worth=Sum("cents")).exclude(number=0, worth=0)
    return summed


def find_busiest_tenants(since: date, *, limit: int) -> dict[UUID, int]:
    """Return the tenants of the scope with the most orders since a day, most first, and their numbers of orders."""
    lines = DailyOrderTotals.objects.order_by().filter(day__gte=since).values_list("tenant_id")
    found = lines.annotate(number=Sum("orders")).filter(number__gt=0).order_by("-number", "tenant_id")
    return {tenant_id: int(number) for tenant_id, number in found[:limit]}


def _sum_partial_days(part: Q | None) -> list[tuple[date, OrderTotals]]:
    if part is None:
        return []
    lines = Order.objects.order_by().filter(part).annotate(day=TruncDate("created_at", tzinfo=UTC))
    found = lines.values_list("day", "status", "currency").annotate(number=Count("pk"), worth=Sum(CENTS))
    return [(day, OrderTotals(*rest)) for day, *rest in found]

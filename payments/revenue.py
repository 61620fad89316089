"""Revenue: payments of a span that went through, without those refunded or to be refunded.

A payment counts on the day (UTC) on which it was made, and its refund takes it off that day again. Whole days come from
`DailyRevenue`, partial ones from the payments (`orders.date_ranges`).
"""

from collections.abc import Iterator
from datetime import UTC, date
from functools import partial
from typing import Any, NamedTuple

from django.db.models import Count, DateField, F, Q, QuerySet, Sum, Value
from django.db.models.functions import Cast, TruncDate

from database import compiled_query
from orders.date_ranges import ALWAYS, DateRange, filter_whole_days, match_partial_days
from payments.models import CENTS, DailyRevenue, Payment
from tenants.scoping import is_one_tenant_open


class RevenueTotal(NamedTuple):
    """The number of payments in one currency and their sum in cents."""

    currency: str
    payments: int
    cents: int


class Revenue:
    """The revenue of the scope in a span. Each sum is one query, the partial days are one more."""

    def __init__(self, span: DateRange = ALWAYS) -> None:
        self._is_compiled = span == ALWAYS and is_one_tenant_open()
        span = span.convert_to_utc()
        self._broken = _sum_partial_days(match_partial_days(span))
        self._whole = partial(filter_whole_days, span)

    def sum_by_currency(self) -> Iterator[RevenueTotal]:
        """Yield totals by currency; a currency may come more than once."""
        yield from (earned for _, earned in self._broken)
        found = _revenue_by_currency() if self._is_compiled else _sum_by_currency(self._whole(_list_daily_revenue()))
        yield from map(RevenueTotal._make, found)

    def sum_by_day(self, since: date) -> Iterator[tuple[date, RevenueTotal]]:
        """Yield totals by day and currency from `since` on, in no order; days without revenue are left out."""
        yield from ((day, earned) for day, earned in self._broken if day >= since)
        text = since.isoformat()
        found = _revenue_by_day(text) if self._is_compiled else _sum_by_day(self._whole(_list_daily_revenue()), text)
        yield from ((day, RevenueTotal(*rest)) for day, *rest in found)


@compiled_query
def _revenue_by_currency() -> "QuerySet[Any, Any]":
    return _sum_by_currency(_list_daily_revenue())


@compiled_query
def _revenue_by_day(since: str) -> "QuerySet[Any, Any]":
    return _sum_by_day(_list_daily_revenue(), since)


def _list_daily_revenue() -> "QuerySet[Any, Any]":
    return DailyRevenue.objects.order_by()


def _sum_by_currency(lines: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
    return _sum_daily_revenue(lines.values_list("currency"))


def _sum_by_day(lines: "QuerySet[Any, Any]", since: str) -> "QuerySet[Any, Any]":
    later = lines.filter(day__gte=Cast(Value(since), DateField()))
    return _sum_daily_revenue(later.values_list("day", "currency"))


def _sum_daily_revenue(lines: "QuerySet[Any, Any]") -> "QuerySet[Any, Any]":
    summed: QuerySet[Any, Any] = lines.annotate(number=Sum("payments"), worth=Sum("cents")).exclude(number=0, worth=0)
    return summed


def _sum_partial_days(part: Q | None) -> list[tuple[date, RevenueTotal]]:
    if part is None:
        return []
    made = Payment.objects.kept().order_by().filter(part).annotate(day=TruncDate(F("created_at"), tzinfo=UTC))
    found = made.values_list("day", "currency").annotate(number=Count("pk"), worth=Sum(CENTS))
    return [(day, RevenueTotal(*rest)) for day, *rest in found]

"""Revenue: payments of a span that went through, without those refunded or to be refunded.

A payment counts on the day (UTC) on which it was made, and its refund takes it off that day again. Whole days come from
`DailyRevenue`, partial ones from the payments (`orders.date_ranges`).
"""

from collections.abc import Iterator
from datetime import UTC, date
from typing import NamedTuple

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import TruncDate

from orders.date_ranges import ALWAYS, DateRange, filter_whole_days, match_partial_days
from payments.models import CENTS, DailyRevenue, Payment


class RevenueTotal(NamedTuple):
    """The number of payments in one currency and their sum in cents."""

    currency: str
    payments: int
    cents: int


class Revenue:
    """The revenue of the scope in a span. Each sum is one query, the partial days are one more."""

    def __init__(self, span: DateRange = ALWAYS) -> None:
        span = span.convert_to_utc()
        self._broken = _sum_partial_days(match_partial_days(span))
        self._whole = filter_whole_days(span, DailyRevenue.objects.order_by())

    def sum_by_currency(self) -> Iterator[RevenueTotal]:
        """Yield totals by currency; a currency may come more than once."""
        yield from (earned for _, earned in self._broken)
        found = self._whole.values_list("currency").annotate(number=Sum("payments"), worth=Sum("cents"))
        yield from (RevenueTotal(*row) for row in found.exclude(number=0, worth=0))

    def sum_by_day(self, since: date) -> Iterator[tuple[date, RevenueTotal]]:
        """Yield totals by day and currency from `since` on, in no order; days without revenue are left out."""
        yield from ((day, earned) for day, earned in self._broken if day >= since)
        days = self._whole.filter(day__gte=since).values_list("day", "currency")
        found = days.annotate(number=Sum("payments"), worth=Sum("cents")).exclude(number=0, worth=0)
        yield from ((day, RevenueTotal(*rest)) for day, *rest in found)


def _sum_partial_days(part: Q | None) -> list[tuple[date, RevenueTotal]]:
    if part is None:
        return []
    made = Payment.objects.kept().order_by().filter(part).annotate(day=TruncDate(F("created_at"), tzinfo=UTC))
    found = made.values_list("day", "currency").annotate(number=Count("pk"), worth=Sum(CENTS))
    return [(day, RevenueTotal(*rest)) for day, *rest in found]

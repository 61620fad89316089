"""Date ranges and sums over them: whole days come from a table of daily totals, partial days from the rows.

So a sum reads a few rows for each day, however many there are, and it is exact.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import reduce
from operator import or_
from typing import Any, Final

from django.db.models import Q, QuerySet

_DAY = timedelta(days=1)
_LAST_SECOND = time(23, 59, 59)
"""Times are whole seconds (kernel.clock)."""


@dataclass(frozen=True, slots=True)
class DateRange:
    """A range of time with both ends included; None where it is open."""

    since: datetime | None = None
    until: datetime | None = None

    def convert_to_utc(self) -> "DateRange":
        """Return the same range in UTC."""
        return DateRange(self.since and self.since.astimezone(UTC), self.until and self.until.astimezone(UTC))


ALWAYS: Final = DateRange()


def find_partial_days(span: DateRange) -> list[date]:
    """Return the days of which the range, in UTC, has only a part."""
    days = {span.since.date()} if span.since and span.since.time() != time() else set()
    if span.until and span.until.time() < _LAST_SECOND:
        days.add(span.until.date())
    return sorted(days)


def match_partial_days(span: DateRange) -> Q | None:
    """Return the condition on `created_at` for rows of the range's partial days; None if it has whole days only."""
    parts = [_match_day_part(day, span) for day in find_partial_days(span)]
    return reduce(or_, parts) if parts else None


def filter_whole_days(span: DateRange, totals: "QuerySet[Any]") -> "QuerySet[Any]":
    """Return the daily totals of the days that lie whole in the range, in UTC."""
    if span.since:
        totals = totals.filter(day__gte=span.since.date())
    if span.until:
        totals = totals.filter(day__lte=span.until.date())
    broken = find_partial_days(span)
    return totals.exclude(day__in=broken) if broken else totals


def _match_day_part(day: date, span: DateRange) -> Q:
    start = datetime.combine(day, time(), UTC)
    part = Q(created_at__gte=max(span.since or start, start), created_at__lt=start + _DAY)
    return part & Q(created_at__lte=span.until) if span.until else part

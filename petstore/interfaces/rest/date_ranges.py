"""Read `from` and `to` of the Admin API: days, which are counted whole, or RFC 3339 times."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from typing import Any, ClassVar

from django.http import QueryDict

from kernel.errors import Invalid
from petstore.interfaces.representation.fields import parse_rfc3339_time
from petstore.interfaces.representation.filters import ParsedFilter

SCHEMA = {"type": "string"}
"""Without a format: a schema of two formats breaks client generators, and one of them alone would hide the other."""

EXAMPLES = "such as `2025-12-21` or `2025-12-21T13:56:23Z`"
INVALID_MESSAGE = "Give a day such as 2025-12-21, or a time such as 2025-12-21T13:56:23Z."

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
_FIRST, _LAST = time(tzinfo=UTC), time(23, 59, 59, 999_999, tzinfo=UTC)

Parse = Callable[[str], datetime | None]


def parse_range_start(text: str) -> datetime | None:
    """Return the start of a range: this time, or the first moment of this day (UTC); None for anything else."""
    return _parse_day_or_time(text, _FIRST)


def parse_range_end(text: str) -> datetime | None:
    """Return the end of a range: this time, or the last moment of this day (UTC); None for anything else."""
    return _parse_day_or_time(text, _LAST)


def read_query_moment(query: QueryDict, name: str, parse: Parse) -> datetime | None:
    """Return the moment that a query string names, or None without one.

    Raises:
        Invalid: `parse` makes nothing of it.
    """
    text = str(query.get(name, ""))
    if not text:
        return None
    moment = parse(text)
    if moment is None:
        raise Invalid.for_field(name, INVALID_MESSAGE, "invalid")
    return moment


def _parse_day_or_time(text: str, at: time) -> datetime | None:
    if not _DAY.match(text):
        return parse_rfc3339_time(text)
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return parse_rfc3339_time(datetime.combine(day, at).isoformat())


class RangeBoundFilter(ParsedFilter):
    """A filter by the start or the end of a range, which belongs to the range."""

    parsing: ClassVar[dict[str, Any]] = {"refusal": INVALID_MESSAGE}


def build_start_filter(column: str) -> RangeBoundFilter:
    """Return the filter for the start of a range."""
    says = f"The first day or moment, {EXAMPLES}."
    return RangeBoundFilter(field_name=column, lookup_expr="gte", parse=parse_range_start, help_text=says)


def build_end_filter(column: str) -> RangeBoundFilter:
    """Return the filter for the end of a range."""
    says = f"The last day or moment, {EXAMPLES}."
    return RangeBoundFilter(field_name=column, lookup_expr="lte", parse=parse_range_end, help_text=says)

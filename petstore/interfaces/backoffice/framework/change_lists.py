"""Lists whose cost does not grow with their rows: counted up to a limit, narrowed by date without reading the rows."""

from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date
from typing import Any, Final
from uuid import UUID

from django.core.paginator import Paginator
from django.db.models import Max, Min, Q, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.formats import date_format
from django.utils.functional import cached_property
from unfold.views import ChangeList

from tenants.queries import list_visible_tenants
from tenants.scoping import TenantOwned, current_scope

MAX_COUNTED: Final = 10_000
"""The most rows that are counted and paged; filters lead to the rest."""

MAX_NAMED_TENANTS: Final = 500
"""The most tenants that a query names one by one."""


def count_bounded_rows(rows: QuerySet[Any]) -> int:
    """Count the rows up to MAX_COUNTED; MAX_COUNTED + 1 stands for more."""
    return int(rows.order_by().values("pk")[: MAX_COUNTED + 1].count())


class BoundedPaginator(Paginator):  # type: ignore[type-arg]  # generic in the stubs only
    """Pages of the first MAX_COUNTED rows of a list."""

    template_name = "admin/bounded_pagination.html"

    @cached_property
    def count(self) -> int:
        return min(self._bounded_row_count, MAX_COUNTED)

    @property
    def has_more_rows(self) -> bool:
        """Return whether there are more rows than the pages show."""
        return self._bounded_row_count > MAX_COUNTED

    @cached_property
    def _bounded_row_count(self) -> int:
        rows: Any = self.object_list
        return count_bounded_rows(rows)


def list_named_tenants() -> dict[UUID, str] | None:
    """Return the tenants of the scope with their names; None if they are too many to be named in a query.

    All indexes begin with the tenant: a query over all tenants uses them only if it names the tenants.
    """
    tenants = list_visible_tenants().order_by("name").values_list("pk", "name")[: MAX_NAMED_TENANTS + 1]
    return dict(tenants) if len(tenants) <= MAX_NAMED_TENANTS else None


@dataclass(frozen=True, slots=True)
class DateChoice:
    """A year, month or day that the list can be narrowed to; the chosen one has no link."""

    title: str
    link: str = ""


@dataclass(frozen=True, slots=True)
class DrillDown:
    """The dates that a list can be narrowed to, and the link back."""

    choices: list[DateChoice]
    back: DateChoice | None = None


class BoundedChangeList(ChangeList):
    """A list that offers every year, month and day from the first row to the last.

    Django's own reads all rows to leave out the empty days.
    """

    def get_queryset(self, request: HttpRequest, exclude_parameters: list[str | None] | None = None) -> QuerySet[Any]:
        """Return the filtered rows, with the tenants named so that the indexes serve."""
        rows: QuerySet[Any] = super().get_queryset(request, exclude_parameters)
        if current_scope().tenant_ids is not None or not issubclass(self.model, TenantOwned):
            return rows
        tenants = list_named_tenants()
        return rows if tenants is None else rows.filter(tenant_id__in=tenants)

    @cached_property
    def date_drill_down(self) -> DrillDown:
        """Return the next smaller unit of time after the chosen one; a single year or month is skipped."""
        first, last = self._first_and_last_day()
        if first is None or last is None:
            return DrillDown([])
        year, month, day = (self._read_selected_part(part) for part in ("year", "month", "day"))
        if not year and first.year == last.year:
            year = first.year
            month = first.month if first.month == last.month else None
        if not year:
            return DrillDown([self._build_year_choice(each) for each in range(first.year, last.year + 1)])
        if not month:
            return DrillDown(
                list(self._list_month_choices(year, first, last)), DateChoice("All dates", self._build_date_link())
            )
        if not day or day > monthrange(year, month)[1]:
            return DrillDown(list(self._list_day_choices(year, month, first, last)), self._build_year_choice(year))
        return DrillDown(
            [DateChoice(date_format(date(year, month, day), "MONTH_DAY_FORMAT"))], self._build_month_choice(year, month)
        )

    def _first_and_last_day(self) -> tuple[date | None, date | None]:
        """Return the days of the oldest and the newest row in scope; ids are as old as their rows."""
        rows: QuerySet[Any] = self.root_queryset.order_by()
        oldest, newest = (Subquery(rows.order_by(order).values("pk")[:1]) for order in ("pk", "-pk"))
        found = rows.filter(Q(pk=oldest) | Q(pk=newest))
        ends = found.aggregate(first=Min(self.date_hierarchy), last=Max(self.date_hierarchy))
        first, last = (moment and moment.astimezone(UTC).date() for moment in (ends["first"], ends["last"]))
        return first, last

    def _read_selected_part(self, part: str) -> int | None:
        """Return a part of the date in the address; None for anything that is no date."""
        text = str(self.params.get(f"{self.date_hierarchy}__{part}", ""))
        limit = {"year": date.max.year, "month": 12, "day": 31}[part]
        return int(text) if text.isascii() and text.isdigit() and 1 <= int(text) <= limit else None

    def _list_month_choices(self, year: int, first: date, last: date) -> Iterator[DateChoice]:
        for month in range(1, 13):
            if (first.year, first.month) <= (year, month) <= (last.year, last.month):
                yield self._build_month_choice(year, month)

    def _list_day_choices(self, year: int, month: int, first: date, last: date) -> Iterator[DateChoice]:
        for day in range(1, monthrange(year, month)[1] + 1):
            if first <= (each := date(year, month, day)) <= last:
                title = date_format(each, "MONTH_DAY_FORMAT")
                yield DateChoice(title, self._build_date_link(year=year, month=month, day=day))

    def _build_year_choice(self, year: int) -> DateChoice:
        return DateChoice(str(year), self._build_date_link(year=year))

    def _build_month_choice(self, year: int, month: int) -> DateChoice:
        return DateChoice(
            date_format(date(year, month, 1), "YEAR_MONTH_FORMAT"), self._build_date_link(year=year, month=month)
        )

    def _build_date_link(self, **parts: int) -> str:
        asked = {f"{self.date_hierarchy}__{part}": str(number) for part, number in parts.items()}
        link: str = self.get_query_string(asked, [f"{self.date_hierarchy}__"])
        return link

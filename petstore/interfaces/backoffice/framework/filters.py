"""Filters of lists: links above a list, and filters by tenant and day."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Field, QuerySet
from django.http import HttpRequest, QueryDict
from unfold.contrib.filters.admin import DropdownFilter, RangeDateFilter

from kernel import ids
from tenants.queries import list_visible_tenants

MAX_CHOICES = 200


@dataclass(frozen=True, slots=True)
class FilterLink:
    """A filter as a link above a list; the address keeps every other filter."""

    label: str
    address: str
    is_chosen: bool


def read_list_query(request: HttpRequest) -> QueryDict:
    """Return the filters, search and order of the list's address, without the number of the page."""
    query = request.GET.copy()
    for name in ("p", "e"):
        query.pop(name, None)
    return query


def build_choice_links(field: "Field[Any, Any]", request: HttpRequest) -> Iterator[FilterLink]:
    """Yield a link to all rows, and then one for each choice of the field."""
    name = f"{field.name}__exact"
    chosen = request.GET.get(name, "")
    for value, label in (("", "All"), *field.flatchoices):
        query = read_list_query(request)
        query.pop(name, None)
        if value:
            query[name] = value
        yield FilterLink(str(label), f"?{query.urlencode()}", chosen == value)


class TenantFilter(DropdownFilter):
    """Filter by a tenant of the scope, for people who see more than one.

    Django drops a filter that has nothing to choose from, so the tenant that an address asks for is always a choice.
    """

    title = "tenant"
    parameter_name = "tenant"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        choices = [(str(tenant.pk), tenant.name) for tenant in list_visible_tenants()[:MAX_CHOICES]]
        asked = self.value()
        if not asked:
            return choices if len(choices) > 1 else []
        return choices if asked in dict(choices) else [*choices, (asked, f"…{asked[-12:]}")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if not self.value():
            return queryset
        tenant_id = ids.parse_id(self.value())
        return queryset.filter(tenant_id=tenant_id) if tenant_id else queryset.none()


class DayRangeFilter(RangeDateFilter):
    """Filter from one whole day to another, in UTC; the stock filter takes the last day's first moment only."""

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        first, last = (self.used_parameters.get(f"{self.parameter_name}_{end}") for end in ("from", "to"))
        try:
            if first:
                queryset = queryset.filter(**{f"{self.parameter_name}__gte": _start_of_day(_parse_day(first))})
            if last:
                following = _start_of_day(_parse_day(last) + timedelta(days=1))
                queryset = queryset.filter(**{f"{self.parameter_name}__lt": following})
        except (ValidationError, OverflowError):
            return queryset.none()
        return queryset


def _parse_day(text: str) -> date:
    day: date = forms.DateField().clean(text)
    return day


def _start_of_day(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)

"""Query parameters as django-filter filters, strict about values (contract, Collections)."""

import re
from datetime import datetime
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import Any, TypeVar
from uuid import UUID

import django_filters
from django import forms
from django.db.models import Model, Q, QuerySet
from rest_framework.request import Request

from kernel import ids, money
from kernel.errors import FieldFault, Invalid
from kernel.search import MAX_SEARCH
from petstore.interfaces.rest.fields import MAX_INT, parse_rfc3339_time

_M = TypeVar("_M", bound=Model)
_DIGITS = re.compile(r"[0-9]{1,10}\Z")


class _IdField(forms.CharField):
    def to_python(self, value: Any) -> UUID | None:  # type: ignore[override]  # the form field of another type
        if value in self.empty_values:
            return None
        parsed = ids.parse_id(value)
        if parsed is None:
            raise forms.ValidationError("Give a UUID.", code="invalid")
        return parsed


class _TimeField(forms.CharField):
    def to_python(self, value: Any) -> datetime | None:  # type: ignore[override]  # the form field of another type
        if value in self.empty_values:
            return None
        parsed = parse_rfc3339_time(value)
        if parsed is None:
            raise forms.ValidationError("Give a time such as 2025-12-21T13:56:23Z.", code="invalid")
        return parsed


class _AmountField(forms.CharField):
    def to_python(self, value: Any) -> Decimal | None:  # type: ignore[override]  # the form field of another type
        if value in self.empty_values:
            return None
        try:
            return money.parse_amount(value)
        except Invalid as error:
            raise forms.ValidationError(error.detail, code=error.faults[0].code) from error


class _FlagField(forms.CharField):
    def to_python(self, value: Any) -> bool | None:  # type: ignore[override]  # the form field of another type
        if value in self.empty_values:
            return None
        if value not in ("true", "false"):
            raise forms.ValidationError("Give true or false.", code="invalid")
        return bool(value == "true")


class _WholeNumberField(forms.IntegerField):
    default_error_messages = {"invalid": "Give a whole number."}  # noqa: RUF012  # as forms do

    def to_python(self, value: Any) -> int | None:
        if value and not _DIGITS.match(value):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(value)


class _EnumField(forms.ChoiceField):
    default_error_messages = {"invalid_choice": "This is not one of the values of this enum."}  # noqa: RUF012  # as forms do

    def to_python(self, value: Any) -> str:
        text: str = super().to_python(value)
        return text.upper()


class IdFilter(django_filters.Filter):
    field_class = _IdField


class TimeFilter(django_filters.Filter):
    """An RFC 3339 time with an offset."""

    field_class = _TimeField


class AmountFilter(django_filters.Filter):
    """Money as a decimal string."""

    field_class = _AmountField


class FlagFilter(django_filters.Filter):
    """`true` or `false`."""

    field_class = _FlagField


class EnumFilter(django_filters.ChoiceFilter):
    """One of an enum's words, in any case."""

    field_class = _EnumField

    def __init__(self, *, choices: list[str], **kwargs: Any) -> None:
        super().__init__(choices=[(choice, choice) for choice in choices], **kwargs)


class SortFilter(django_filters.ChoiceFilter):
    """The name of an order, in exactly this spelling. It filters nothing: the view orders the rows by it."""

    def __init__(self, *, choices: list[str], **kwargs: Any) -> None:
        kwargs["error_messages"] = {"invalid_choice": f"Give any of {', '.join(choices)}."}
        super().__init__(choices=[(choice, choice) for choice in choices], **kwargs)

    def filter(self, qs: QuerySet[_M], _value: str) -> QuerySet[_M]:
        return qs


class SearchFilter(django_filters.CharFilter):
    """A text that one of the columns contains, in any case.

    Args:
        columns: of the rows.
    """

    def __init__(self, *, columns: tuple[str, ...], **kwargs: Any) -> None:
        super().__init__(max_length=MAX_SEARCH, **kwargs)
        self._columns = columns

    def filter(self, qs: QuerySet[_M], value: str) -> QuerySet[_M]:
        if not value:
            return qs
        return qs.filter(reduce(or_, (Q(**{f"{column}__icontains": value}) for column in self._columns)))


class WholeNumberFilter(django_filters.NumberFilter):
    """A whole number from 0 on."""

    field_class = _WholeNumberField

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(min_value=0, max_value=MAX_INT, **kwargs)

    def get_max_validator(self) -> None:
        return None


def filter_by_query(filters: type[django_filters.FilterSet], request: Request, rows: QuerySet[_M]) -> QuerySet[_M]:
    """Return the rows that the query string's filters let through.

    Raises:
        Invalid: a value that its filter does not take.
    """
    filterset = filters(request._request.GET, queryset=rows, request=request)
    if not filterset.is_valid():
        faults = (
            FieldFault(name, problem.messages[0], problem.code or "invalid")
            for name, problems in filterset.form.errors.as_data().items()
            for problem in problems
        )
        raise Invalid(faults=tuple(faults))
    result: QuerySet[_M] = filterset.qs
    return result

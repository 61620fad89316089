"""Query parameters as django-filter filters, strict about values (contract, Collections)."""

import re
from collections.abc import Callable, Mapping
from functools import reduce
from operator import or_
from typing import Any, ClassVar, TypeVar

import django_filters
from django import forms
from django.db.models import Model, Q, QuerySet

from kernel import ids, money
from kernel.errors import FieldFault, Invalid
from kernel.search import MAX_SEARCH
from petstore.interfaces.representation.fields import MAX_INT, parse_rfc3339_time

_M = TypeVar("_M", bound=Model)
_DIGITS = re.compile(r"[0-9]{1,10}\Z")


class ParsedField(forms.CharField):
    """A text of the query string that a function parses.

    Args:
        parse: returns None, or raises Invalid, for a text that it does not take.
        refusal: the sentence for a text that `parse` returns None for.
    """

    def __init__(self, *, parse: Callable[[str], Any], refusal: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._parse = parse
        self._refusal = refusal

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        try:
            parsed = self._parse(value)
        except Invalid as error:
            raise forms.ValidationError(error.detail, code=error.faults[0].code) from error
        if parsed is None:
            raise forms.ValidationError(self._refusal, code="invalid")
        return parsed


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


class ParsedFilter(django_filters.Filter):
    """A filter by a text that a function parses.

    Attributes:
        parsing: the arguments `parse` and `refusal` of its ParsedField.
    """

    field_class = ParsedField
    parsing: ClassVar[dict[str, Any]]

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{**self.parsing, **kwargs})


class IdFilter(ParsedFilter):
    """A UUID."""

    parsing: ClassVar[dict[str, Any]] = {"parse": ids.parse_id, "refusal": "Give a UUID."}


class TimeFilter(ParsedFilter):
    """An RFC 3339 time with an offset."""

    parsing: ClassVar[dict[str, Any]] = {
        "parse": parse_rfc3339_time,
        "refusal": "Give a time such as 2025-12-21T13:56:23Z.",
    }


class AmountFilter(ParsedFilter):
    """An amount of money as a decimal string."""

    parsing: ClassVar[dict[str, Any]] = {"parse": money.parse_amount, "refusal": ""}


class FlagFilter(ParsedFilter):
    """`true` or `false`."""

    parsing: ClassVar[dict[str, Any]] = {
        "parse": {"true": True, "false": False}.get,
        "refusal": "Give true or false.",
    }


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
        most: the most characters.
    """

    def __init__(self, *, columns: tuple[str, ...], most: int = MAX_SEARCH, **kwargs: Any) -> None:
        super().__init__(max_length=most, **kwargs)
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


def write_as_query(values: Mapping[str, Any]) -> dict[str, str]:
    """Write values as REST's query string has them; those that are null are not given."""
    return {
        name: str(value).lower() if isinstance(value, bool) else str(value)
        for name, value in values.items()
        if value is not None
    }


def filter_by_query(
    filters: type[django_filters.FilterSet], query: Mapping[str, str], rows: QuerySet[_M]
) -> QuerySet[_M]:
    """Return the rows that the filters let through.

    Args:
        query: the filters' values by their names, as a query string has them.

    Raises:
        Invalid: a value that its filter does not take.
    """
    filterset = filters(query, queryset=rows)
    if not filterset.is_valid():
        faults = (
            FieldFault(name, problem.messages[0], problem.code or "invalid")
            for name, problems in filterset.form.errors.as_data().items()
            for problem in problems
        )
        raise Invalid(faults=tuple(faults))
    result: QuerySet[_M] = filterset.qs
    return result

"""Describe query parameters from the filters that read them."""

from typing import Any

import django_filters
from drf_spectacular.drainage import warn

from kernel import money
from petstore.interfaces.representation.fields import MAX_INT
from petstore.interfaces.representation.filters import (
    AmountFilter,
    EnumFilter,
    FlagFilter,
    IdFilter,
    SortFilter,
    TimeFilter,
    WholeNumberFilter,
)
from petstore.interfaces.rest import date_ranges

Schema = dict[str, Any]

_SCHEMAS: dict[type[django_filters.Filter], Schema] = {
    IdFilter: {"type": "string", "format": "uuid"},
    TimeFilter: {"type": "string", "format": "date-time"},
    date_ranges.RangeBoundFilter: date_ranges.SCHEMA,
    WholeNumberFilter: {"type": "integer", "minimum": 0, "maximum": MAX_INT},
    AmountFilter: {"type": "string", "pattern": money.AMOUNT_PATTERN},
    FlagFilter: {"type": "boolean"},
    SortFilter: {"type": "string"},
    EnumFilter: {"type": "string"},
    django_filters.CharFilter: {"type": "string"},
}


def describe_query_parameters(filterset: type[django_filters.FilterSet]) -> list[Schema]:
    """Return the parameters of a filter set; warn of a filter whose type is not known here."""
    return [_build_query_parameter(name, field) for name, field in filterset.base_filters.items()]


def _build_query_parameter(name: str, field: django_filters.Filter) -> Schema:
    parameter: Schema = {"name": name, "in": "query", "schema": _build_filter_schema(name, field)}
    help_text = field.extra.get("help_text")
    return {**parameter, "description": str(help_text)} if help_text else parameter


def _build_filter_schema(name: str, field: django_filters.Filter) -> Schema:
    known = next((_SCHEMAS[cls] for cls in type(field).__mro__ if cls in _SCHEMAS), None)
    if known is None:
        warn(f"{name}: no schema is known for filters of the type {type(field).__name__}")
        return {}
    choices = [value for value, _label in field.extra.get("choices", ())]
    limits = {"maxLength": field.extra["max_length"]} if "max_length" in field.extra else {}
    return {**known, **limits, **({"enum": choices} if choices else {})}

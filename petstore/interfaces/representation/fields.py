"""Serializer fields for the contract's scalar types: strict about input, plain in output (contract, Conventions).

`represent_value` is what the fast path, `petstore.interfaces.representation.compilation`, calls for one value; None
means that the value goes out as it is (the JSON encoder knows UUIDs and datetimes).
"""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Final
from uuid import UUID

from django.utils.dateparse import parse_datetime
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel import clock, ids, money
from kernel.errors import Invalid
from kernel.text import find_text_fault
from tenants.scoping import SHARED_POOL_ID, public_tenant_id

RepresentValue = Callable[..., Any] | None

MAX_INT = 2**31 - 1
_POOL: Final = SHARED_POOL_ID.int


def show_blank_as_null(value: str) -> str | None:
    """Return null for a text that is unknown, which the database keeps blank."""
    return value or None


class TextField(serializers.CharField):
    """A JSON string; numbers and booleans are refused, not converted."""

    represent_value: ClassVar[RepresentValue] = None

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("trim_whitespace", False)
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        value: str = super().to_internal_value(data)
        return value


def refuse_control_characters(text: str) -> None:
    """Refuse control and direction characters here, where the serializer can name the nested field."""
    fault = find_text_fault("", text)
    if fault is not None:
        raise serializers.ValidationError(fault.message, code=fault.code)


class BlankTextField(TextField):
    """A text that the database keeps blank and the API shows as null where it is unknown."""

    represent_value: ClassVar[RepresentValue] = staticmethod(show_blank_as_null)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, "allow_blank": True, "default": "", **kwargs})

    def to_representation(self, value: str) -> str | None:  # type: ignore[override]  # blank goes out as null
        return value or None

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (True, "") if data is None else super().validate_empty_values(data)


class BoundedListField(serializers.ListField):
    """A JSON array whose length is checked before its items: validating a long one would cost too much.

    Args:
        max_length: the most items that it may have; there is no list without a bound.
    """

    def __init__(self, *, max_length: int, **kwargs: Any) -> None:
        super().__init__(max_length=max_length, **kwargs)

    def to_internal_value(self, data: Any) -> list[Any]:
        if isinstance(data, list) and len(data) > (self.max_length or 0):
            self.fail("max_length", max_length=self.max_length)
        value: list[Any] = super().to_internal_value(data)
        return value


class WholeNumberField(serializers.IntegerField):
    """A JSON integer of at most 31 bits."""

    represent_value: ClassVar[RepresentValue] = None

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_value": 0, "max_value": MAX_INT, **kwargs})

    def to_internal_value(self, data: Any) -> int:
        if isinstance(data, bool) or not isinstance(data, int):
            self.fail("invalid")
        return data


class FlagField(serializers.BooleanField):
    """A JSON true or false; no text or number in its place."""

    represent_value: ClassVar[RepresentValue] = None

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input="this")
        return data


class EnumField(serializers.ChoiceField):
    """An enum: any case in input, upper case in output (contract, Enums)."""

    represent_value: ClassVar[RepresentValue] = None

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str) or data.upper() not in self.choices:
            self.fail("invalid_choice", input="This")
        return data.upper()


class BlankEnumField(EnumField):
    """An enum that the database keeps blank and the API shows as null where it is unknown."""

    represent_value: ClassVar[RepresentValue] = staticmethod(show_blank_as_null)

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **kwargs})

    def to_representation(self, value: str) -> Any:
        return value or None

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        return (True, "") if data is None else super().validate_empty_values(data)


class IdField(serializers.UUIDField):
    """A UUID in its canonical spelling."""

    represent_value: ClassVar[RepresentValue] = None

    def to_internal_value(self, data: Any) -> UUID:
        value = ids.parse_id(data) if isinstance(data, str) else None
        if value is None:
            self.fail("invalid", value="This")
        return value

    def to_representation(self, value: UUID | None) -> Any:
        return value


class TenantIdField(IdField):
    """The tenant as callers see it: null for the shared pool."""

    @staticmethod
    def represent_value(value: UUID) -> UUID | None:
        return None if value.int == _POOL else value  # comparing UUIDs takes three calls

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"required": False, "allow_null": True, **kwargs})

    def to_representation(self, value: UUID | None) -> Any:
        return public_tenant_id(value) if value else None


@extend_schema_field({"type": "string", "pattern": money.AMOUNT_PATTERN, "examples": ["150.00"]})
class AmountField(serializers.Field[Decimal, str, str, Any]):
    """An amount of money as a decimal string (contract, Money)."""

    represent_value = staticmethod(money.format_amount)

    def to_internal_value(self, data: Any) -> Decimal:
        try:
            return money.parse_amount(data)
        except Invalid as error:
            raise serializers.ValidationError(error.detail, code=error.faults[0].code) from error

    def to_representation(self, value: Decimal) -> str:
        return money.format_amount(value)


@extend_schema_field({"type": "string", "pattern": money.CURRENCY_PATTERN, "examples": [money.DEFAULT_CURRENCY]})
class CurrencyField(TextField):
    """An ISO 4217 code."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"min_length": 3, "max_length": 3, **kwargs})

    def to_internal_value(self, data: Any) -> str:
        try:
            return money.parse_currency_code(data)
        except Invalid as error:
            raise serializers.ValidationError(error.detail, code=error.faults[0].code) from error


@extend_schema_field(OpenApiTypes.DATETIME)
class TimestampField(serializers.Field[datetime, str, Any, Any]):
    """An RFC 3339 time with an offset; in output in whole seconds, UTC and Z."""

    default_error_messages: ClassVar[dict[str, Any]] = {
        "invalid": "Give a time such as 2025-12-21T13:56:23Z, between the years 1970 and 2200."
    }
    represent_value: ClassVar[RepresentValue] = None

    def to_internal_value(self, data: Any) -> datetime:
        moment = parse_rfc3339_time(data)
        if moment is None:
            self.fail("invalid")
        return moment

    def to_representation(self, value: datetime) -> Any:
        return clock.format_rfc3339(value)


def parse_rfc3339_time(text: object) -> datetime | None:
    """Return the RFC 3339 time of the years 1970 to 2200 that a text is, or None."""
    try:
        moment = parse_datetime(text) if isinstance(text, str) and text.isascii() else None
    except ValueError:
        return None
    if moment is None or moment.tzinfo is None or not 1970 <= moment.year <= 2200:  # noqa: PLR2004  # the docstring's years
        return None
    return moment

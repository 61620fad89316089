"""Values of requests: which are given, and which cannot be stored (contract, gRPC; guarantees, G9)."""

import math
from collections.abc import Mapping
from typing import TypeVar
from uuid import UUID

from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rest_framework.exceptions import ParseError

from kernel import ids
from kernel.errors import DomainError

_V = TypeVar("_V")
_NO_TIME = "-"
"""A text that no filter of times takes."""


def keep_given_values(values: Mapping[str, _V | None]) -> dict[str, _V]:
    """Return the values that are given."""
    return {name: value for name, value in values.items() if value is not None}


def parse_row_id(text: str, not_found: type[DomainError]) -> UUID:
    """Return the id of what is to be read or changed; no row has one that is no UUID."""
    found = ids.parse_id(text)
    if found is None:
        raise not_found
    return found


def write_number(message: Message, name: str) -> str | None:
    """Write an optional number as a query string has it."""
    return str(getattr(message, name)) if message.HasField(name) else None


def write_flag(message: Message, name: str) -> str | None:
    """Write an optional flag as a query string has it."""
    return str(getattr(message, name)).lower() if message.HasField(name) else None


def write_moment(message: Message, name: str) -> str | None:
    """Write an optional timestamp as a query string has it; one outside of the calendar as what its filter refuses."""
    if not message.HasField(name):
        return None
    moment: Timestamp = getattr(message, name)
    try:
        return moment.ToJsonString()
    except ValueError:
        return _NO_TIME


def refuse_unstorable_values(message: Message) -> None:
    """Refuse a request with a text or a number that cannot be stored, at any depth.

    Raises:
        ParseError
    """
    for _, value in message.ListFields():
        is_single = isinstance(value, str | int | float | Message)
        for one in (value,) if is_single else value:
            _refuse_unstorable_value(one)


def _refuse_unstorable_value(value: object) -> None:
    if isinstance(value, Message):
        refuse_unstorable_values(value)
    elif isinstance(value, str) and "\0" in value:
        raise ParseError("A text has a character that cannot be stored.")
    elif isinstance(value, float) and not math.isfinite(value):
        raise ParseError("A number is not finite.")

"""Parse JSON bodies strictly (guarantees, G9 and G14; RFC 8259, RFC 7493)."""

import json
import re
from collections.abc import Mapping
from typing import IO, Any

from rest_framework.exceptions import ParseError, UnsupportedMediaType
from rest_framework.parsers import BaseParser

MAX_DEPTH = 32
MAX_VALUES = 10_000
"""The most names, texts, numbers and other values in one body: each costs much more than its bytes."""

_MAX_INT = 2**63 - 1
_SURROGATE = re.compile(r"[\ud800-\udfff]")


class StrictJSONParser(BaseParser):
    """UTF-8 JSON without duplicate keys, NUL, lone surrogates, non-finite or huge numbers, or deep nesting."""

    media_type = "application/json"

    def parse(
        self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        _check_media_type(media_type or "")
        return parse_strict_json(stream.read())


def parse_strict_json(body: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        ParseError: it is not JSON, or not strictly so; the input is never echoed.
    """
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ParseError("The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise ParseError(f"The body is not JSON (line {error.lineno}, column {error.colno}).") from error
    except RecursionError as error:
        raise ParseError("The body is nested too deeply.") from error
    _check_nested_values(value)
    return value


def _check_media_type(text: str) -> None:
    """Refuse what is not application/json in UTF-8: DRF lets `*/*` come this far, as it would in Accept."""
    media_type, *parameters = text.split(";")
    if media_type.strip().lower() != StrictJSONParser.media_type:
        raise UnsupportedMediaType(text, "Only application/json is taken here.")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip().strip('"').lower() not in ("utf-8", "utf8"):
            raise UnsupportedMediaType(text, "JSON is taken in UTF-8 only.")


def _refuse_duplicate_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ParseError("An object names a key twice.")
    return found


def _parse_bounded_integer(digits: str) -> int:
    if len(digits) > 20 or abs(int(digits)) > _MAX_INT:  # noqa: PLR2004  # int() of a long text is slow
        raise ParseError("A number is out of range.")
    return int(digits)


def _parse_finite_float(digits: str) -> float:
    number = float(digits)
    if number in (float("inf"), float("-inf")):
        raise ParseError("A number is out of range.")
    return number


def _refuse_number_constant(_name: str) -> float:
    raise ParseError("NaN and Infinity are no JSON numbers.")


def _check_nested_values(value: Any) -> None:
    """Check all values, level by level, until there are too many or they lie too deep."""
    level, seen, depth = [value], 0, 0
    while level:
        seen += len(level)
        if seen > MAX_VALUES:
            raise ParseError(f"The body has more than {MAX_VALUES} values.")
        deeper = [one for one in level if isinstance(one, dict | list)]
        depth += bool(deeper)
        if depth > MAX_DEPTH:
            raise ParseError("The body is nested too deeply.")
        _refuse_unstorable_texts(level)
        level = [inner for one in deeper for inner in (one if isinstance(one, list) else (*one, *one.values()))]


def _refuse_unstorable_texts(values: list[Any]) -> None:
    for value in values:
        if isinstance(value, str) and ("\0" in value or _SURROGATE.search(value)):
            raise ParseError("A text has a character that cannot be stored.")


_DECODER = json.JSONDecoder(
    object_pairs_hook=_refuse_duplicate_keys,
    parse_int=_parse_bounded_integer,
    parse_float=_parse_finite_float,
    parse_constant=_refuse_number_constant,
)

"""Read and write JSON: strictly in (guarantees, G9 and G14; RFC 8259, RFC 7493), times in whole seconds with Z out."""

import json
import re
from typing import Any, Final

import orjson
from rest_framework.exceptions import ParseError, UnsupportedMediaType

JSON_MEDIA_TYPE: Final = "application/json"
MAX_DEPTH = 32
MAX_VALUES = 10_000
"""The most names, texts, numbers and other values in one body: each costs much more than its bytes."""

_MAX_INT = 2**63 - 1
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_OPTIONS = orjson.OPT_UTC_Z | orjson.OPT_OMIT_MICROSECONDS


class NotJSON(ParseError):
    """The text is no JSON at all."""


def render_json_bytes(data: Any) -> bytes:
    """Return the JSON text of plain data, UUIDs and aware datetimes."""
    return orjson.dumps(data, option=_OPTIONS)


def parse_strict_json(body: bytes) -> Any:
    """Return the value of a JSON text.

    Raises:
        NotJSON
        ParseError: it is not strictly JSON; the input is never echoed.
    """
    try:
        value = _DECODER.decode(body.decode("utf-8"))
    except UnicodeDecodeError as error:
        raise ParseError("The body is not UTF-8.") from error
    except json.JSONDecodeError as error:
        raise NotJSON(f"The body is not JSON (line {error.lineno}, column {error.colno}).") from error
    except RecursionError as error:
        raise ParseError("The body is nested too deeply.") from error
    _check_nested_values(value)
    return value


def check_json_media_type(text: str) -> None:
    """Refuse what is not application/json in UTF-8: DRF lets `*/*` come this far, as it would in Accept."""
    media_type, *parameters = text.split(";")
    if media_type.strip().lower() != JSON_MEDIA_TYPE:
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

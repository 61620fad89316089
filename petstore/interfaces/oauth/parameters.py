"""Parameters of requests, read strictly: one encoding, no parameter twice, none without a value (RFC 6749, 3.1)."""

from collections import Counter
from collections.abc import Iterable
from typing import Final
from urllib.parse import parse_qsl

MAX_PARAMETERS: Final = 50
Parameters = list[tuple[str, str]]


class BadParameters(ValueError):
    """They cannot be read; the sentence says why, and holds nothing of them."""


def parse_parameters(text: bytes) -> Parameters:
    """Return the parameters of a query or a form, in their order: those without a value count as left out.

    Those that stand more than once are returned even without one, so that they can be refused.

    Raises:
        BadParameters: they are not form-encoded UTF-8, hold a NUL character, or are too many.
    """
    try:
        found = parse_qsl(text.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
    except UnicodeError as error:
        raise BadParameters("The parameters are not form-encoded UTF-8.") from error
    except ValueError as error:
        raise BadParameters("There are too many parameters.") from error
    if any("\0" in name or "\0" in value for name, value in found):
        raise BadParameters("A parameter has a NUL character.")
    repeated = find_repeated_names(found)
    return [(name, value) for name, value in found if value or name in repeated]


def find_repeated_names(parameters: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the names that stand more than once."""
    return frozenset(name for name, times in Counter(name for name, _ in parameters).items() if times > 1)

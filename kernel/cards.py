"""Finding card numbers in text where none may be (guarantees, G7)."""

import re
from typing import Final

from stdnum import luhn

_RUN = r"[0-9]{13,19}"
_FOURS = r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,7}"
_AMEX = r"[0-9]{4}([ -])[0-9]{6}\2[0-9]{5}"

CARD_LIKE: Final = re.compile(rf"(?<![0-9])(?:{_FOURS}|{_AMEX}|{_RUN})(?![0-9])")
"""13 to 19 digits, in one run or in the groups that people write; the Luhn check is still to be made."""


def holds_card_number(text: str) -> bool:
    """Return True if a card number stands anywhere in the text."""
    return any(luhn.is_valid(strip_digit_separators(found[0])) for found in CARD_LIKE.finditer(text))


def strip_digit_separators(written: str) -> str:
    """Return the digits of a match of CARD_LIKE, without the separators between its groups."""
    return re.sub(r"[ -]", "", written)

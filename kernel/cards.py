"""What a card number looks like: to check one, and to find one where none may be (guarantees, G7)."""

import re
from typing import Final

_RUN = r"[0-9]{13,19}"
_FOURS = r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,7}"
_AMEX = r"[0-9]{4}([ -])[0-9]{6}\2[0-9]{5}"

CARD_LIKE: Final = re.compile(rf"(?<![0-9])(?:{_FOURS}|{_AMEX}|{_RUN})(?![0-9])")
"""13 to 19 digits, in one run or in the groups that people write; the Luhn check is still to be made."""


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        number = int(character) * (1 + place % 2)
        total += sum(divmod(number, 10))
    return total % 10 == 0


def holds_card_number(text: str) -> bool:
    """Whether a card number stands anywhere in the text."""
    return any(passes_luhn(strip_separators(found[0])) for found in CARD_LIKE.finditer(text))


def strip_separators(written: str) -> str:
    """The digits of what CARD_LIKE has found, without what stands between the groups."""
    return re.sub(r"[ -]", "", written)

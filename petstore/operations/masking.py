"""Card numbers never reach a log (guarantees, G7)."""

import re

_RUN = r"[0-9]{13,19}"
_FOURS = r"[0-9]{4}([ -])[0-9]{4}\1[0-9]{4}\1[0-9]{1,7}"
_AMEX = r"[0-9]{4}([ -])[0-9]{6}\2[0-9]{5}"
_CANDIDATE = re.compile(rf"(?<![0-9])(?:{_FOURS}|{_AMEX}|{_RUN})(?![0-9])")


def mask_cards(text: str) -> str:
    """The text with every run of 13 to 19 digits that passes the Luhn check masked but for its last four."""
    return _CANDIDATE.sub(_masked, text)


def passes_luhn(digits: str) -> bool:
    """Whether the last digit is the check digit of the others (ISO/IEC 7812-1)."""
    total = 0
    for place, character in enumerate(reversed(digits)):
        number = int(character) * (1 + place % 2)
        total += sum(divmod(number, 10))
    return total % 10 == 0


def _masked(match: re.Match[str]) -> str:
    digits = re.sub(r"[ -]", "", match[0])
    return "*" * (len(digits) - 4) + digits[-4:] if passes_luhn(digits) else match[0]

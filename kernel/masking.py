"""Card numbers never reach a log (guarantees, G7), links that are secrets, rows that the database refused."""

import re

from stdnum import luhn

from kernel.cards import CARD_LIKE, strip_digit_separators


def mask_card_numbers(text: str) -> str:
    """The text with every run of 13 to 19 digits that passes the Luhn check masked but for its last four."""
    return CARD_LIKE.sub(_mask_card_match, text)


def mask_secret_links(text: str) -> str:
    """The text without what makes the address of a reset link or a receipt a secret: whose it is stays."""
    return _SECRET_LINK.sub(r"\1***", text)


def mask_database_details(text: str) -> str:
    """The text without what PostgreSQL tells of the row that it refused, such as somebody's e-mail address."""
    return (_DETAIL_IN_JSON if text.startswith("{") else _DETAIL).sub(r"\1 ***", text)


_DETAIL = re.compile(r"(DETAIL:|CONTEXT:  COPY)[^\n]*")
_DETAIL_IN_JSON = re.compile(r"(DETAIL:|CONTEXT:  COPY)(?:\\(?!n)[^\n]|[^\\\n\"])*")
"""To the end of its line: there a line break is written as two characters."""
_SECRET_LINK = re.compile(r"(/(?:password|receipts)/[0-9a-fA-F-]{36}/)[\w-]+")


def _mask_card_match(match: re.Match[str]) -> str:
    digits = strip_digit_separators(match[0])
    return "*" * (len(digits) - 4) + digits[-4:] if luhn.is_valid(digits) else match[0]

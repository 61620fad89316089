"""Mask what must not reach a log: card numbers, secret links, tokens, refused rows (guarantees, G7)."""

import re

from stdnum import luhn

from kernel.cards import CARD_LIKE, strip_digit_separators


def mask_card_numbers(text: str) -> str:
    """Mask every card number in a text, but for its last four digits."""
    return CARD_LIKE.sub(_mask_card_match, text)


def mask_secret_links(text: str) -> str:
    """Mask the secret part of the addresses of reset links, receipts and tracked orders; the id before it stays."""
    return _SECRET_LINK.sub(r"\1***", text)


def mask_bearer_tokens(text: str) -> str:
    """Mask the tokens of addresses, of offered subprotocols and of headers (contract, WebSocket)."""
    return _BEARER_TOKEN.sub(r"\1***", text)


def mask_database_details(text: str) -> str:
    """Mask the values of a refused row, such as an e-mail address, in a message of PostgreSQL."""
    return (_DETAIL_IN_JSON if text.startswith("{") else _DETAIL).sub(r"\1 ***", text)


_DETAIL = re.compile(r"(DETAIL:|CONTEXT:  COPY)[^\n]*")
_DETAIL_IN_JSON = re.compile(r"(DETAIL:|CONTEXT:  COPY)(?:\\(?!n)[^\n]|[^\\\n\"])*")
"""To the end of its line: there a line break is written as two characters."""
_SECRET_LINK = re.compile(r"(/(?:password|receipts|track)/[0-9a-fA-F-]{36}/)[\w-]+")
_BEARER_TOKEN = re.compile(r"((?<![\w-])token=|\bbearer[.\s]\s*(?=[\w.-]{16}))[^\s&#,;\"'<>)\]}\\]+", re.IGNORECASE)


def _mask_card_match(match: re.Match[str]) -> str:
    digits = strip_digit_separators(match[0])
    return "*" * (len(digits) - 4) + digits[-4:] if luhn.is_valid(digits) else match[0]

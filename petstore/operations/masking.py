"""Card numbers never reach a log (guarantees, G7), nor do links by which a password is set."""

import re

from kernel.cards import CARD_LIKE, bare, passes_luhn


def mask_cards(text: str) -> str:
    """The text with every run of 13 to 19 digits that passes the Luhn check masked but for its last four."""
    return CARD_LIKE.sub(_masked, text)


def mask_links(text: str) -> str:
    """The text without what makes the address of a reset link a secret: whose it is stays."""
    return _RESET_LINK.sub(r"\1***", text)


_RESET_LINK = re.compile(r"(/password/[0-9a-fA-F-]{36}/)[0-9a-z]+-[0-9a-f]+")


def _masked(match: re.Match[str]) -> str:
    digits = bare(match[0])
    return "*" * (len(digits) - 4) + digits[-4:] if passes_luhn(digits) else match[0]

"""The messages of a consultation (contract, Chat)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MAX_MESSAGES: Final = 100
MAX_TEXT: Final = 32_000
"""Characters of one message."""
MAX_PARTS: Final = 20
"""Text parts of one message."""


class Speaker(StrEnum):
    """The author of a message."""

    SYSTEM = "SYSTEM"
    USER = "USER"
    ASSISTANT = "ASSISTANT"


@dataclass(frozen=True, slots=True)
class Message:
    """One message; its text is never an instruction to us."""

    speaker: Speaker
    text: str

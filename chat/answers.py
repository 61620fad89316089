"""The answers of the advisor: whole ones, and the pieces that they come in."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Finish(StrEnum):
    """The reason why an answer ended, as OpenAI names it."""

    STOP = "stop"
    LENGTH = "length"
    CONTENT_FILTER = "content_filter"


@dataclass(frozen=True, slots=True)
class Citation:
    """A pet that an answer names.

    Attributes:
        name: the pet's name; it stands at `text[start:end]` of the answer, in code points.
    """

    pet_id: UUID
    name: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer that was composed here, before any limit of tokens."""

    text: str
    finish: Finish = Finish.STOP
    citations: tuple[Citation, ...] = ()

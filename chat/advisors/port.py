"""The port of the model: whatever answers a consultation, the embedded advisor or a model elsewhere."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass, field
from typing import Final, Protocol

from chat.answers import Citation, Finish
from chat.knowledge import Entry
from chat.messages import Message
from chat.questions import Question
from chat.wishes import OfferedPet

MAX_TOKENS: Final = 4096
DEFAULT_TOKENS: Final = 1024
"""The limit of an answer where the caller names none (contract, Chat)."""


@dataclass(frozen=True, slots=True)
class Wording:
    """The wording that the caller wants of an answer; all but the first two are hints that an advisor may ignore.

    Attributes:
        max_tokens: the most tokens of the answer.
        stop: sequences before which it ends.
    """

    max_tokens: int = DEFAULT_TOKENS
    stop: tuple[str, ...] = ()
    temperature: float | None = None
    top_p: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """The briefing of an advisor: the question, and what it may know.

    Attributes:
        messages: the caller's, never an instruction to us.
        question: what the last of them asks.
        entries: of the knowledge base, that answer it.
        pets: of the scope, that it may name.
        may_read_pets: False where the caller may not.
    """

    messages: tuple[Message, ...]
    question: Question
    entries: tuple[Entry, ...] = ()
    pets: tuple[OfferedPet, ...] = ()
    may_read_pets: bool = True
    wording: Wording = field(default_factory=Wording)


@dataclass(frozen=True, slots=True)
class Usage:
    """The tokens of a consultation, as the advisor counts them."""

    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True)
class Ending:
    """The end of an answer.

    Attributes:
        citations: the pets that the answer names.
        fingerprint: of the advisor; None where it has none.
        usage: None where the advisor does not count.
    """

    finish: Finish
    citations: tuple[Citation, ...] = ()
    fingerprint: str | None = None
    usage: Usage | None = None


AnswerPieces = AsyncGenerator[str | Ending, None]
"""The text of an answer, piece by piece as it comes, and its ending as the last item."""


class Advisor(Protocol):
    """An advisor."""

    def stream_answer(self, briefing: Briefing) -> AnswerPieces:
        """Answer a question.

        Raises:
            AdvisorUnavailable: there is no answer, or no more of it.
        """
        ...

"""Consultations: emergencies are recognised first, then the advisor answers that the operator has chosen."""

from collections.abc import Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final

from django.conf import settings

from chat.advisors.embedded import compose_answer
from chat.advisors.instructions import MAX_PETS
from chat.advisors.port import Advisor, AnswerPieces, Briefing, Ending, Usage, Wording
from chat.advisors.remote import RemoteAdvisor
from chat.answer_limits import AnswerShaper
from chat.answers import Answer, Finish
from chat.catalogue import ModelName
from chat.citations import cite_pets
from chat.knowledge import KNOWLEDGE_VERSION, find_entries
from chat.messages import Message
from chat.queries import list_pets_for_wish
from chat.questions import Question, read_question
from chat.services.counts import count_consultation
from chat.tokens import count_tokens, split_tokens
from chat.triage import answer_without_model
from chat.wishes import OfferedPet
from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor
from tenants.scoping import Scope, current_scope, reopen_scope

EMBEDDED_FINGERPRINT: Final = f"embedded-{KNOWLEDGE_VERSION}"
NAMED_PETS: Final = 3
"""The most pets that the embedded advisor names."""


@dataclass(frozen=True, slots=True)
class Completion:
    """A whole answer, as the caller gets it; its ending has a usage."""

    text: str
    ending: Ending


@dataclass(frozen=True, slots=True)
class AskedAdvisor:
    """An advisor elsewhere that is going to be asked."""

    advisor: Advisor
    briefing: Briefing


@dataclass(frozen=True)
class Consultation:
    """A question that was admitted. It is answered once, by one of the two methods.

    Attributes:
        source: the answer that was composed here, or who is to be asked for one.
        scope, day: where and when it is counted.
    """

    messages: tuple[Message, ...]
    wording: Wording
    source: Answer | AskedAdvisor
    scope: Scope = field(default_factory=current_scope)
    day: date = field(default_factory=lambda: clock.now().date())

    @cached_property
    def prompt_tokens(self) -> int:
        """The tokens of all messages."""
        return sum(count_tokens(message.text) for message in self.messages)

    def count_once(self) -> None:
        """Count the consultation, before or after its answer: that is all that is stored of it."""
        with reopen_scope(self.scope):
            count_consultation(self.day)

    def complete_composed(self, answer: Answer) -> Completion:
        """Return the whole of an answer that was composed here."""
        shaper = self._start_shaper()
        text = shaper.take_piece(answer.text) + shaper.take_end()
        return Completion(text, self._end_answer(shaper, _end_composed(answer)))

    async def stream_shaped(self) -> AnswerPieces:
        """Yield the answer as it comes, cut at the caller's limits; its ending has a usage.

        Raises:
            AdvisorUnavailable: there is no answer, or no more of it.
        """
        shaper, ending = self._start_shaper(), None
        shown: list[str] = []
        async with aclosing(self._stream_pieces()) as pieces:
            async for piece in pieces:
                if isinstance(piece, Ending):
                    ending = piece
                    text = shaper.take_end()
                else:
                    text = shaper.take_piece(piece)
                if text:
                    shown.append(text)
                    yield text
                if shaper.finish is not None:
                    break
        yield self._end_answer(shaper, ending or self._end_cut("".join(shown)))

    def _end_cut(self, shown: str) -> Ending:
        """Return the end of an answer that was cut before its advisor came to it."""
        if isinstance(self.source, Answer):
            return _end_composed(self.source)
        return Ending(Finish.LENGTH, cite_pets(shown, self.source.briefing.pets))

    def _start_shaper(self) -> AnswerShaper:
        return AnswerShaper(max_tokens=self.wording.max_tokens, stop=self.wording.stop)

    def _stream_pieces(self) -> AnswerPieces:
        if isinstance(self.source, Answer):
            return _stream_composed(self.source)
        return self.source.advisor.stream_answer(self.source.briefing)

    def _end_answer(self, shaper: AnswerShaper, ending: Ending) -> Ending:
        """Return the end of what the caller gets: names that were cut are not cited, and tokens are counted anew."""
        told = ending.usage
        is_whole = shaper.finish is None and told is not None and told.completion_tokens <= self.wording.max_tokens
        return Ending(
            shaper.finish or ending.finish,
            tuple(citation for citation in ending.citations if citation.end <= shaper.length),
            ending.fingerprint,
            Usage(
                told.prompt_tokens if told else self.prompt_tokens,
                told.completion_tokens if told and is_whole else shaper.tokens,
            ),
        )


@requires_access(TokenScope.WRITE_CHAT)
def open_consultation(*, messages: Sequence[Message], wording: Wording, actor: Actor) -> Consultation:
    """Admit a question, and answer it as far as that needs no other service.

    Emergencies, harm and doses are decided here, before any model is asked. Whoever calls counts the consultation, too.

    Args:
        messages: those of the caller, of which the last USER message is answered.
        wording: how the answer shall be.
    """
    told = tuple(messages)
    urgent = answer_without_model(told)
    if urgent is not None:
        return Consultation(told, wording, urgent)
    question = read_question(told)
    advisor = choose_advisor()
    may_read_pets = actor.is_system or TokenScope.READ_PETS in actor.token_scopes
    pets = _find_pets(question, NAMED_PETS if advisor is None else MAX_PETS) if may_read_pets else ()
    if advisor is None:
        return Consultation(told, wording, compose_answer(question, pets, may_read_pets=may_read_pets))
    briefing = Briefing(
        messages=told,
        question=question,
        entries=find_entries(question),
        pets=pets,
        may_read_pets=may_read_pets,
        wording=wording,
    )
    return Consultation(told, wording, AskedAdvisor(advisor, briefing))


@requires_access(TokenScope.WRITE_CHAT)
def list_models(*, actor: Actor) -> list[ModelName]:
    """List the models that a caller can name."""
    return list(ModelName)


def choose_advisor() -> Advisor | None:
    """Return the advisor elsewhere that the operator has chosen; None for the embedded one."""
    if not settings.CHAT_BASE_URL:
        return None
    return RemoteAdvisor(
        settings.CHAT_BASE_URL, settings.CHAT_API_KEY, settings.CHAT_MODEL, float(settings.CHAT_TIMEOUT)
    )


def _find_pets(question: Question, limit: int) -> tuple[OfferedPet, ...]:
    return () if question.wish is None else tuple(list_pets_for_wish(question.wish, limit=limit))


def _end_composed(answer: Answer) -> Ending:
    return Ending(answer.finish, answer.citations, EMBEDDED_FINGERPRINT)


async def _stream_composed(answer: Answer) -> AnswerPieces:
    for token in split_tokens(answer.text):
        yield token
    yield _end_composed(answer)

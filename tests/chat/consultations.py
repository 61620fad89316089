"""Whole consultations with the embedded advisor, without pets."""

from collections.abc import Sequence

from chat.advisors.embedded import compose_answer
from chat.answers import Answer
from chat.messages import Message, Speaker
from chat.questions import read_question
from chat.triage import answer_without_model
from chat.wishes import OfferedPet


def say(*texts: str) -> list[Message]:
    """Return USER messages of these texts."""
    return [Message(Speaker.USER, text) for text in texts]


def ask(*texts: str, pets: Sequence[OfferedPet] = (), may_read_pets: bool = True) -> Answer:
    """Return the answer to USER messages, as a consultation gives it."""
    return consult(say(*texts), pets=pets, may_read_pets=may_read_pets)


def consult(messages: Sequence[Message], *, pets: Sequence[OfferedPet] = (), may_read_pets: bool = True) -> Answer:
    """Return the answer to messages, of triage where it has one; pets are those that fit a wish, if there is any."""
    decided = answer_without_model(messages)
    if decided is not None:
        return decided
    question = read_question(messages)
    return compose_answer(question, pets if question.wish else (), may_read_pets=may_read_pets)

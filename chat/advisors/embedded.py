"""The embedded advisor: answers from the store's own knowledge, offline and deterministic."""

from collections.abc import Sequence

from chat.answers import Answer
from chat.questions import Question
from chat.wishes import OfferedPet

CLOSING = "I am the store's automatic advisor and no veterinarian."


def compose_answer(question: Question, pets: Sequence[OfferedPet], *, may_read_pets: bool = True) -> Answer:
    """Compose the answer to a question.

    Args:
        question: as `chat.questions.read_question` read it.
        pets: those that fit the question's wish, at most three are named; none where there is no wish.
        may_read_pets: False where the caller may not: then it names none, and does not say that there are none.
    """
    return Answer(f"Ask me about the care of dogs, cats, rabbits, birds, reptiles and small mammals. {CLOSING}")

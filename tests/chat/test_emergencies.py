"""Emergencies that are told as happening, and sentences of the same words that tell of none (safety)."""

import pytest

from chat.answers import Finish
from chat.closing import CLOSING
from chat.first_aid import OPENING
from chat.triage import answer_without_model
from tests.chat.consultations import ask, say
from tests.chat.emergency_sentences import PAIRS


def test_there_are_sixty_pairs_of_sentences() -> None:
    assert len(PAIRS) >= 60
    assert len({sentence for pair in PAIRS for sentence in pair}) == 2 * len(PAIRS)


@pytest.mark.parametrize("sentence", [pair[0] for pair in PAIRS])
def test_an_emergency_is_answered_by_the_call_for_a_veterinarian_and_first_aid(sentence: str) -> None:
    answer = answer_without_model(say(sentence))
    assert answer is not None
    assert answer.text.startswith(f"{OPENING} ")
    assert answer.text.endswith(CLOSING)
    assert len(answer.text.split()) > 30
    assert (answer.finish, answer.citations) == (Finish.STOP, ())


@pytest.mark.parametrize("sentence", [pair[1] for pair in PAIRS])
def test_a_near_miss_is_no_emergency(sentence: str) -> None:
    assert OPENING not in ask(sentence).text

"""Questions in other words than those of the table, and what their answers have to say."""

import pytest

from chat.closing import CLOSING
from chat.questions import read_question
from tests.chat.consultations import ask, say
from tests.chat.everyday_questions import IN_OTHER_WORDS


@pytest.mark.parametrize(("text", "species", "must_say"), IN_OTHER_WORDS)
def test_other_words_get_the_same_care(text: str, species: str, must_say: tuple[str, ...]) -> None:
    assert species in read_question(say(text)).all_species
    answer = ask(text).text
    assert [words for words in must_say if words not in answer.lower()] == []
    assert answer.endswith(CLOSING)

"""Questions in other words than those of the table, and what their answers have to say."""

import pytest

from chat.questions import read_question
from chat.sign_off import CLOSING
from chat.topics import Topic
from tests.chat.consultations import ask, say
from tests.chat.everyday_questions import IN_OTHER_WORDS, MORE_QUESTIONS, MUST_SAY


@pytest.mark.parametrize(("text", "species", "must_say"), IN_OTHER_WORDS)
def test_other_words_get_the_same_care(text: str, species: str, must_say: tuple[str, ...]) -> None:
    assert species in read_question(say(text)).all_species
    answer = ask(text).text
    assert [words for words in must_say if words not in answer.lower()] == []
    assert answer.endswith(CLOSING)


@pytest.mark.parametrize(("text", "species", "topic"), MORE_QUESTIONS)
def test_other_words_get_the_entry_of_their_topic(text: str, species: str, topic: Topic) -> None:
    question = read_question(say(text))
    assert question.species == species
    assert topic in question.topics
    answer = ask(text).text.lower()
    assert [words for words in MUST_SAY[species, topic] if words.lower() not in answer] == []

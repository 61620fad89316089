"""Each of the 72 entries answers everyday questions, and says what it has to (knowledge of the embedded advisor)."""

import pytest

from chat.answers import Finish
from chat.knowledge import MIN_WORDS, find_entries, load_entries
from chat.lexicon import SPECIES
from chat.questions import Question, read_question
from chat.sign_off import CLOSING
from chat.topics import Topic
from pets.models import Pet
from tests.chat.consultations import ask, say
from tests.chat.everyday_questions import MUST_SAY, QUESTIONS

ALL = [(species, topic) for species in SPECIES for topic in Topic]
CASES = [(species, topic, text) for (species, topic), texts in QUESTIONS.items() for text in texts]


def test_there_is_an_entry_of_sixty_words_for_each_species_and_topic() -> None:
    assert set(SPECIES) == set(Pet.Species.values)
    assert len(ALL) == 72
    entries = [load_entries()[key] for key in ALL]
    assert min(len(entry.text.split()) for entry in entries) >= MIN_WORDS == 60
    assert len({entry.text for entry in entries}) == 72


def test_each_entry_has_questions_and_something_that_it_must_say() -> None:
    assert set(QUESTIONS) == set(MUST_SAY) == set(ALL)
    assert all(MUST_SAY.values())


@pytest.mark.parametrize(("species", "topic", "text"), CASES)
def test_an_everyday_question_gets_the_entry_that_says_what_must_be_said(species: str, topic: Topic, text: str) -> None:
    question = read_question(say(text))
    assert (question.species, question.topic, question.wish) == (species, topic, None)
    answer = ask(text)
    said = answer.text.lower()
    assert [words for words in MUST_SAY[species, topic] if words.lower() not in said] == []
    assert answer.text.endswith(CLOSING)
    assert answer.finish is Finish.STOP


@pytest.mark.parametrize("species", SPECIES)
def test_a_species_without_a_topic_has_its_overview(species: str) -> None:
    (entry,) = find_entries(Question(text="", all_species=(species,)))
    assert entry.topic is None
    assert len(entry.text.split()) >= MIN_WORDS

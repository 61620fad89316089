"""Texts that are made to be slow or strange: a bounded part of them is read."""

import pytest

from chat.first_aid import OPENING
from chat.lexicon import load_lexicon
from chat.messages import MAX_MESSAGES, MAX_TEXT
from chat.words import MAX_SENTENCE, MAX_WORDS
from tests.chat.consultations import ask

PARTS = (
    "my dog ate ",
    "if my dog ate chocolate ",
    "my dog did not eat chocolate. ",
    ",",
    "a",
    "a ",
    "dog ",
    "don't ",
    "1 ",
    "1,",
    "'",
    "?",
    "a dog under 100 dollars ",
    "is not ",
    "..",
    "{animal} ",
    "\\d+",
    "é",
    "a\u0301",
    "\u202e",
    "\x00",
    "🐶",
    "\n",
    "$",
    "how do I kill ",
)


@pytest.mark.parametrize("part", PARTS)
def test_a_message_of_the_greatest_length_is_answered(part: str) -> None:
    text = (part * MAX_TEXT)[:MAX_TEXT]
    sentences = load_lexicon().reader.read_sentences(text)
    assert sum(len(sentence) for sentence in sentences) <= 2 * MAX_WORDS
    assert all(len(sentence) <= 3 * MAX_SENTENCE for sentence in sentences)
    assert ask(text).text


def test_many_long_messages_are_answered() -> None:
    assert "hay" in ask(*(["xyz " * (MAX_TEXT // 4)] * (MAX_MESSAGES - 1)), "What do rabbits eat?").text


@pytest.mark.parametrize("place", [0, 0.3, 0.5, 0.9, 1])
def test_an_emergency_is_found_anywhere_in_a_long_text(place: float) -> None:
    filler = [f"Number {number} of my stories tells of a garden with roses." for number in range(500)]
    filler.insert(int(place * len(filler)), "My dog is bleeding and it won't stop!")
    assert len(" ".join(filler)) > 25_000
    assert OPENING in ask(" ".join(filler)).text

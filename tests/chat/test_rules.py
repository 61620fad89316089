"""Patterns of words, and the words of texts (rules of the embedded advisor)."""

import pytest

from chat.rules import Rules
from chat.words import WordReader

READER = WordReader({"choclate": ("chocolate",), "cant": ("can", "not")}, ["guinea pig", "hot dog"])
LISTS = {"animal": frozenset(("dog", "cat", "guinea pig")), "big-thing": frozenset(("house",))}


def finds(pattern: str, text: str) -> bool:
    rules: Rules[str] = Rules(LISTS, frozenset(("the", "a")), READER.join_phrases)
    rules.add_patterns("found", [pattern])
    return any(rules.find_all(sentence) for sentence in READER.read_sentences(text))


@pytest.mark.parametrize(
    ("pattern", "text", "is_found"),
    [
        ("dog", "The DOG!", True),
        ("dog", "A hot dog", False),
        ("dog", "dogma", False),
        ("dog barks|sings", "My dog sings", True),
        ("dog barks|sings", "My dog sleeps", False),
        ("{animal} sings", "a guinea-pig sings", True),
        ("{big thing} {animal}", "house cat", True),
        ("dog ..2 sings", "dog that really sings", True),
        ("dog ..2 sings", "dog that really always sings", False),
        ("dog .. sings", "dog. It sings", False),
        ("a ?big dog", "a dog", True),
        ("a ?big dog", "a big dog", True),
        ("a *big|old dog", "a big old big dog", True),
        ("a *big|old dog", "a small dog", False),
        ("cat has|is_not here", "the cat is not here", True),
        ("cat has|is_not here", "the cat is here", False),
        ("^ cat", "cat here", True),
        ("^ cat", "the cat", False),
        ("cat $", "the cat.", True),
        ("cat $", "the cat?", False),
        ("cat ?", "the cat?", True),
        ("can not eat", "I can't eat", True),
        ("can not eat", "i cant eat", True),
        ("chocolate", "choclate", True),
        ("cat s food", "the cat\u2019s food", True),
        ("cafe", "Café", True),
    ],
)
def test_a_pattern_finds_what_it_says(pattern: str, text: str, is_found: bool) -> None:
    assert finds(pattern, text) is is_found


@pytest.mark.parametrize("pattern", ["..2 dog", "?big dog", "*big dog"])
def test_a_pattern_begins_with_a_word(pattern: str) -> None:
    with pytest.raises(ValueError, match="begins with a word"):
        finds(pattern, "dog")


def test_a_pattern_with_an_unknown_list_is_refused() -> None:
    with pytest.raises(KeyError):
        finds("{plant} dog", "dog")


def test_sentences_end_at_their_marks_and_are_read_once() -> None:
    assert READER.read_sentences("A dog? A dog? A cat, she sings!") == [
        ("^", "a", "dog", "?"),
        ("^", "a", "cat", ",", "she", "sings", "$"),
    ]

"""The subject of a sentence's verb: an animal that somebody has, a person, a thing, or animals in general."""

from collections.abc import Sequence
from enum import Enum, auto
from typing import Final

from chat.lexicon import load_lexicon
from chat.words import COMMA, START, Sentence

MAX_LOOK_BACK: Final = 14
"""Words before a verb among which its subject is looked for."""

_ARTICLES: Final = frozenset(
    ("a", "an", "any", "every", "each", "some", "most", "many", "other", "all", "which", "what", "no")
)
_RELATIVES: Final = frozenset(("that", "who", "which"))
_VERBS_FIRST: Final = frozenset(
    ("is", "are", "was", "were", "can", "could", "do", "does", "did", "s", "will", "has", "have")
)
_ASKING_FIRST: Final = frozenset(("how", "which", "why", "where", "when"))
_OWN: Final = frozenset(("my", "our"))
_FIRST_PERSONS: Final = frozenset(("i", "we", "you", "me", "us", "myself", "yourself"))
_POSSESSIVES: Final = frozenset(
    ("my", "our", "his", "her", "their", "your", "the", "this", "that", "s", "one", "of", "and")
)
_NUMBERS: Final = frozenset(("two", "three", "four", "five", "2", "3", "4", "5", "both"))


class Subject(Enum):
    """The kind of a subject."""

    ANIMAL = auto()
    PERSON = auto()
    THING = auto()
    GENERAL = auto()
    """Animals in general, or nothing that is told."""


def find_subject(sentences: Sequence[Sentence], index: int, place: int) -> Subject:
    """Return who or what does or has what stands at a place of a sentence.

    The nearest noun or pronoun before it counts; a pronoun stands for the last animal or person before. A word that is
    not known, right before the verb, is taken for a pet's name.
    """
    sentence = sentences[index]
    lists = load_lexicon().lists
    is_near = True
    for before in range(place, max(place - MAX_LOOK_BACK, -1), -1):
        word = sentence[before]
        subject = _classify_word(sentences, index, before)
        if subject is not None and (is_near or subject is not Subject.THING):
            return subject
        if word == START:
            return _judge_start(sentence, place)
        if before == place:
            is_near = word not in lists["connector"]
            continue
        if word in lists["filler"] or word in lists["body"]:
            continue
        if word == COMMA or word in lists["connector"] or sentence[before - 1] == "to":
            is_near = False
        elif is_near:
            return Subject.ANIMAL
    return Subject.ANIMAL


def _classify_word(sentences: Sequence[Sentence], index: int, place: int) -> Subject | None:
    """Return what a word by itself stands for, or None where it says nothing."""
    sentence = sentences[index]
    word = sentence[place]
    lexicon = load_lexicon()
    if word in lexicon.lists["animal"] or word in lexicon.unsupported:
        return _judge_animal(sentence, place)
    if word in lexicon.lists["baby"]:
        return Subject.ANIMAL if _names_animal(sentences) else Subject.PERSON
    if word in lexicon.lists["person"]:
        return _judge_person(sentence, place)
    if word in lexicon.lists["pronoun"]:
        return Subject.ANIMAL if word in {"it", "its"} else _resolve_pronoun(sentences, index, place)
    if word in lexicon.lists["human-body"] and sentence[place - 1] in _OWN:
        return Subject.PERSON
    return Subject.THING if word in lexicon.lists["thing"] else None


def _judge_person(sentence: Sentence, place: int) -> Subject | None:
    """Return PERSON, but for the one whose animal follows, as in "my neighbour's dog"."""
    return (
        None if sentence[place + 1] == "s" and sentence[place + 2] in load_lexicon().lists["body"] else Subject.PERSON
    )


def _judge_animal(sentence: Sentence, place: int) -> Subject | None:
    """Return ANIMAL for one that somebody has or sees, GENERAL for dogs, for any dog, and for a dog in a question."""
    if sentence[place + 1] == "s" and sentence[place + 2] in load_lexicon().lists["thing"]:
        return Subject.THING
    before = {sentence[spot] for spot in range(max(place - 3, 0), place)}
    is_plural = sentence[place].endswith("s")
    if before & _OWN or (is_plural and before & (_POSSESSIVES | _NUMBERS)):
        return Subject.ANIMAL
    if is_plural:
        return Subject.GENERAL
    if sentence[place - 1] in _ARTICLES or sentence[max(place - 2, 0)] in _ARTICLES:
        is_told = sentence[-1] != "?" and sentence[place + 1] not in _RELATIVES
        return Subject.ANIMAL if is_told else Subject.GENERAL
    return Subject.ANIMAL


def _judge_start(sentence: Sentence, place: int) -> Subject:
    """Judge a sentence without a subject: "Not breathing!" tells of an animal, "Is bleeding normal?" of none."""
    if sentence[1] in _ASKING_FIRST or (sentence[1] in _VERBS_FIRST and place <= 1):
        return Subject.GENERAL
    return Subject.GENERAL if sentence[-1] == "?" else Subject.ANIMAL


def _resolve_pronoun(sentences: Sequence[Sentence], index: int, place: int) -> Subject:
    """Return what a pronoun stands for: the last animal or third person before it; an animal where there is none."""
    lexicon = load_lexicon()
    earlier = [
        *(word for sentence in sentences[max(index - 2, 0) : index] for word in sentence),
        *sentences[index][:place],
    ]
    for word in reversed(earlier):
        if word in lexicon.lists["animal"]:
            return Subject.ANIMAL
        if word in lexicon.lists["person"] and word not in _FIRST_PERSONS:
            return Subject.PERSON
    return Subject.ANIMAL


def _names_animal(sentences: Sequence[Sentence]) -> bool:
    animals = load_lexicon().lists["animal"]
    return any(word in animals for sentence in sentences for word in sentence)

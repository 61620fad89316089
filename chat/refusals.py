"""Refusals before any model is asked: harm to animals, the end of a life at home, doses of medicine."""

from collections.abc import Sequence
from functools import cache
from typing import Any, Final

from chat.lexicon import Animal, load_data, load_lexicon
from chat.rules import Found, Rules
from chat.words import Sentence

_WANTING: Final = "wanting"
_REQUEST: Final = "requests"
_MAX_DESCRIPTION: Final = 8
"""Words between a verb and the animal that it is done to."""
_LOOK_BACK: Final = 3
_PRONOUNS: Final = frozenset(("him", "her", "it", "them"))


def asks_for_harm(sentences: Sequence[Sentence], animals: Sequence[Animal], before: Sequence[Sentence] = ()) -> bool:
    """Say whether it is asked how to harm an animal; killing fleas, mice in the attic or time is none of it.

    Args:
        sentences: of the message.
        animals: those that it is about.
        before: the sentences of the message before, which say what "them" are.
    """
    means_animal = bool(animals) and all(load_lexicon().lists["pest"].isdisjoint(words) for words in before)
    return any(
        found.label == _REQUEST or _harms_animal(sentence, found, means_animal=means_animal)
        for sentence in sentences
        for found in _load_harm().find_all(sentence)
        if not _is_excused(sentence, found)
    )


def asks_for_end(sentences: Sequence[Sentence]) -> bool:
    """Say whether it is asked how to put an animal to sleep for ever."""
    return any(_finds_without_veto(sentence, "ending") for sentence in sentences)


def asks_for_dose(sentences: Sequence[Sentence]) -> bool:
    """Say whether it is asked for a medicine to give, or how much of it."""
    return any(_finds_without_veto(sentence, "doses") for sentence in sentences)


def _finds_without_veto(sentence: Sentence, name: str) -> bool:
    rules, vetoes = _load_asking(name)
    return bool(rules.find_all(sentence)) and vetoes.isdisjoint(sentence)


def _is_excused(sentence: Sentence, found: Found[str]) -> bool:
    """Say whether somebody wants to avoid harm, or tells what another wants."""
    lists = load_lexicon().lists
    before = sentence[max(found.start - _LOOK_BACK, 0) : found.start]
    others = (lists["person"] - {"i", "we", "you", "me", "us"}) | lists["animal"]
    told = found.label == _WANTING and not others.isdisjoint(found.gaps)
    return told or not lists["excuse"].isdisjoint(before) or not lists["excuse"].isdisjoint(found.gaps)


def _harms_animal(sentence: Sentence, found: Found[str], *, means_animal: bool) -> bool:
    """Say whether the verb at the end of what was found is done to an animal; a pronoun may mean one."""
    lists = load_lexicon().lists
    after = sentence[found.end : found.end + _MAX_DESCRIPTION]
    for place, word in enumerate(after):
        if word in lists["pet"] and word not in lists["pest-animal"]:
            return not _is_of_animal(sentence, found.end + place)
        if word in _PRONOUNS and place == 0:
            return means_animal and lists["pest"].isdisjoint(sentence)
        if word not in lists["describing"]:
            return False
    return False


def _is_of_animal(sentence: Sentence, place: int) -> bool:
    """Say whether it is about what an animal has, such as its fleas, about a picture of it, or "out of the bed"."""
    lists = load_lexicon().lists
    following = sentence[place + 1 : place + 5]
    owns = following[:1] == ("s",) and following[1] not in lists["body"]
    return (
        owns
        or following[0] in {"out", "off"}
        or sentence[place + 1] in lists["goods"]
        or not lists["pest"].isdisjoint(following)
    )


@cache
def _load_harm() -> Rules[Any]:
    data = load_data("triage")["harm"]
    rules = load_lexicon().build_rules()
    for label in (_WANTING, _REQUEST):
        rules.add_patterns(label, data[label])
    return rules


@cache
def _load_asking(name: str) -> tuple[Rules[Any], frozenset[str]]:
    data = load_data("triage")[name]
    rules = load_lexicon().build_rules()
    rules.add_patterns(name, data["patterns"])
    return rules, frozenset(data["veto"])

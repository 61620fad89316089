"""The words of the advisor's data files: animals, lists, spellings; read once and checked."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

from chat.rules import Rules, Words
from chat.words import WordReader

SPECIES: Final = ("DOG", "CAT", "RABBIT", "BIRD", "REPTILE", "OTHER")
DATA: Final = Path(__file__).parent / "data"
_VOWELS: Final = "aeiou"


@dataclass(frozen=True, slots=True)
class Animal:
    """An everyday word for an animal.

    Attributes:
        word: singular, such as "guinea pig".
        is_weak: it counts only where no other word names a species.
    """

    species: str
    word: str
    is_weak: bool = False


@dataclass(frozen=True, slots=True)
class Lexicon:
    """All that the advisor knows of words.

    Attributes:
        animals: by each form of a word that names one.
        unsupported: animals of no species, by each form.
        lists: the lists that patterns name.
    """

    animals: dict[str, Animal]
    unsupported: dict[str, str]
    lists: Words
    reader: WordReader
    poisons: dict[str, str] = field(default_factory=dict)

    def build_rules(self) -> Rules[Any]:
        """Build rules without patterns over the words of this lexicon."""
        return Rules(self.lists, self.lists["common"], self.reader.join_phrases)


def load_data(name: str) -> Any:
    """Read a data file."""
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


@cache
def load_lexicon() -> Lexicon:
    """Read the words from the data files."""
    animal_data, word_data, spelling_data, triage_data = map(load_data, ("animals", "words", "spelling", "triage"))
    wish_data = load_data("wishes")
    animals = dict(_list_animals(animal_data))
    poisons = {form: name for name, poison in triage_data["poisons"].items() for form in poison["words"]}
    unsupported = {form: word for word, forms in animal_data["unsupported"].items() for form in forms}
    lists = {name.replace(" ", "-"): frozenset(words) for name, words in _list_words(word_data, triage_data)}
    lists["animal"] = frozenset(form for form, animal in animals.items() if not animal.is_weak)
    lists["pet"] = lists["animal"] | frozenset(animal_data["pets"]) | frozenset(unsupported)
    lists["animal"] |= frozenset(animal_data["pets"])
    lists["own-animal"] = lists["animal"] - lists["pest-animal"]
    lists["toxin"] = frozenset(poisons)
    lists["pets"], lists["tasks"] = frozenset(animal_data["pets"]), frozenset(wish_data["tasks"])
    phrases = [
        *animals, *unsupported, *animal_data["not animals"], *triage_data["phrases"],
        *(word for words in lists.values() for word in words),
    ]  # fmt: skip
    reader = WordReader(
        _list_spellings(spelling_data), (phrase for phrase in phrases if " " in phrase), lists["urgent"]
    )
    return Lexicon(animals, unsupported, lists, reader, poisons)


def _list_animals(data: Any) -> Iterator[tuple[str, Animal]]:
    for species in SPECIES:
        for form in data["weak"][species]:
            yield form, Animal(species, form, is_weak=True)
        for word, forms in data[species].items():
            for form in forms:
                yield form, Animal(species, form if word.endswith("of its breed") else word)


def _list_words(word_data: Any, triage_data: Any) -> Iterator[tuple[str, Iterable[str]]]:
    yield from word_data.items()
    yield from triage_data["lists"].items()
    yield from triage_data["harm"]["lists"].items()
    yield "object", triage_data["objects"]
    yield "medicine", (*triage_data["doses"]["medicines"], *triage_data["poisons"]["medicine for people"]["words"])
    yield "young", word_data["young pet"]


def _list_spellings(data: Any) -> dict[str, tuple[str, ...]]:
    """Return what is read for a word: the listed spellings, and key words with one letter wrong."""
    known = {*data["key words"], *data["real words"]}
    slips = {slip: (word,) for word in data["key words"] for slip in _list_slips(word) if slip not in known}
    return slips | {slip: tuple(words.split()) for slip, words in data["spellings"].items()}


def _list_slips(word: str) -> Iterator[str]:
    """Yield a word with a letter left out or doubled, two letters swapped, or another vowel; its first letter stays."""
    for place in range(1, len(word)):
        before, letter, after = word[:place], word[place], word[place + 1 :]
        yield before + after
        yield before + letter + letter + after
        if after:
            yield before + after[0] + letter + after[1:]
        if letter in _VOWELS:
            yield from (before + vowel + after for vowel in _VOWELS if vowel != letter)

"""The animals that texts name."""

from collections.abc import Iterator, Sequence
from typing import Final

from chat.lexicon import Animal, load_lexicon
from chat.words import Sentence

MAX_EARLIER: Final = 20_000
"""Characters of earlier messages that are read, the newest first."""
MAX_EARLIER_TEXT: Final = 2_000
"""Characters of one earlier message."""


def find_animals(sentences: Sequence[Sentence]) -> list[Animal]:
    """Return the animals that sentences are about, in their order, one a species; cat food is no cat beside a dog."""
    lexicon = load_lexicon()
    strong: dict[str, Animal] = {}
    weak: dict[str, Animal] = {}
    for sentence in sentences:
        for place, word in enumerate(sentence):
            animal = lexicon.animals.get(word)
            if animal is not None:
                is_weak = animal.is_weak or sentence[place + 1] in lexicon.lists["goods"]
                (weak if is_weak else strong).setdefault(animal.species, animal)
    return list((strong or weak).values())


def find_earlier_animals(texts: Sequence[str]) -> list[Animal]:
    """Return the animals of the newest of earlier texts that names any."""
    return next((animals for sentences in read_earlier(texts) if (animals := find_animals(sentences))), [])


def read_earlier(texts: Sequence[str]) -> Iterator[list[Sentence]]:
    """Yield the sentences of earlier messages, the newest first, as far as MAX_EARLIER goes."""
    left = MAX_EARLIER
    for text in reversed(texts):
        part = text[: min(MAX_EARLIER_TEXT, left)]
        if not part:
            return
        left -= len(part)
        yield load_lexicon().reader.read_sentences(part)

"""The question of a consultation: what the last USER message asks, read with the words of those before it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from chat.lexicon import Animal, load_data, load_lexicon
from chat.mentions import find_animals, find_earlier_animals, read_earlier
from chat.messages import Message, Speaker
from chat.rules import Rules
from chat.topic_reader import MIN_WEIGHT, find_topics
from chat.topics import Topic
from chat.wish_reader import ASKING, find_asking, read_wish
from chat.wishes import PetWish
from chat.words import COMMA, END, START, Sentence

MAX_SPECIES: Final = 2
_MIN_WEIGHT_ALONE: Final = 5
"""The weight of words that name a topic where no animal is named at all."""
_MAX_UNKNOWN: Final = 3
"""Words that a question about what was said before may have beyond the usual ones."""
_MIN_CLAUSE: Final = 3
_JOINTS: Final = frozenset(("and", "but", "also", COMMA))
_MARKS: Final = frozenset((START, END, COMMA, "?"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A question, as far as it was understood.

    Attributes:
        text: the last USER message; empty where there is none.
        all_species: as `pets.models.Pet` has them, at most two; the one that it is about comes first.
        animal: the everyday word for it, singular, such as "guinea pig"; also for one of no species, such as "fish".
        topics: at most two, the one that it is about first.
        wish: None unless it is asked which pets there are.
        is_about_pets: False for what is to be declined.
        is_greeting: it greets, thanks, or asks who the advisor is.
    """

    text: str
    all_species: tuple[str, ...] = ()
    animal: str | None = None
    topics: tuple[Topic, ...] = ()
    wish: PetWish | None = None
    is_about_pets: bool = True
    is_greeting: bool = False

    @property
    def species(self) -> str | None:
        """The species that it is about, or None."""
        return self.all_species[0] if self.all_species else None

    @property
    def topic(self) -> Topic | None:
        """The topic that it is about, or None."""
        return self.topics[0] if self.topics else None


@dataclass(frozen=True, slots=True)
class _Reading:
    """One message, read.

    Attributes:
        animals: one a species.
        unsupported: an animal of no species.
        names_pets: it has the word pet, or animal.
        asking: for each sentence whether it asks which pets there are, as `find_asking` says.
    """

    text: str
    sentences: list[Sentence]
    words: frozenset[str]
    animals: list[Animal]
    unsupported: str | None
    names_pets: bool
    asking: list[str | None] = field(default_factory=list)


def read_question(messages: Sequence[Message]) -> Question:
    """Read what the last USER message asks, with species and topic from the ones before where it names none."""
    texts = [message.text for message in messages if message.speaker is Speaker.USER]
    if not texts:
        return Question(text="", is_greeting=True)
    last = _read_message(texts[-1])
    earlier = texts[:-1]
    if _greets(last):
        return Question(text=last.text, is_greeting=True)
    if _is_task(last):
        return Question(text=last.text, is_about_pets=False)
    if any(last.asking):
        return _read_wish_question(last, earlier)
    return _read_care_question(last, earlier)


def _read_message(text: str) -> _Reading:
    lexicon = load_lexicon()
    sentences = [clause for sentence in lexicon.reader.read_sentences(text) for clause in _split_clauses(sentence)]
    words = frozenset(word for sentence in sentences for word in sentence) - _MARKS
    return _Reading(
        text=text,
        sentences=sentences,
        words=words,
        animals=find_animals(sentences),
        unsupported=next((lexicon.unsupported[word] for word in sorted(words) if word in lexicon.unsupported), None),
        names_pets=not words.isdisjoint(lexicon.lists["pets"]),
        asking=[find_asking(sentence) for sentence in sentences],
    )


def _split_clauses(sentence: Sentence) -> Iterator[Sentence]:
    """Split a sentence before a second question, as in "which rabbits are there, and how do I feed one"."""
    openers = load_lexicon().lists["question-words"]
    words = sentence[1:-1]
    begin = 0
    for place in range(_MIN_CLAUSE, len(words) - 1):
        if words[place] in openers and words[place - 1] in _JOINTS and place - begin >= _MIN_CLAUSE:
            yield (START, *words[begin:place], sentence[-1])
            begin = place
    yield (START, *words[begin:], sentence[-1])


def _names_topic(reading: _Reading) -> bool:
    return bool(find_topics(reading.sentences, [animal.species for animal in reading.animals]).topics)


def _greets(reading: _Reading) -> bool:
    """Say whether a message is a greeting, thanks or a question about the advisor, and nothing else."""
    if not reading.words:
        return True
    if reading.animals or any(reading.asking):
        return False
    if any(_load_introductions().find_all(sentence) for sentence in reading.sentences):
        return not _names_topic(reading)
    lists = load_lexicon().lists
    polite = lists["greeting"] | lists["thanks"]
    return not reading.words.isdisjoint(polite) and reading.words <= polite | lists["follow-up"]


@cache
def _load_introductions() -> Rules[Any]:
    rules = load_lexicon().build_rules()
    rules.add_patterns("introduction", load_data("wishes")["introduction"])
    return rules


def _is_task(reading: _Reading) -> bool:
    """Say whether another kind of helper is asked for, who writes poems or programs."""
    lists = load_lexicon().lists
    if any(not animal.is_weak for animal in reading.animals):
        return not reading.words.isdisjoint(lists["tasks"]) and not _names_topic(reading)
    return not reading.words.isdisjoint(lists["off-topic"] | lists["tasks"]) and not any(reading.asking)


def _read_wish_question(last: _Reading, earlier: Sequence[str]) -> Question:
    """Read a message that asks which pets there are, and perhaps about their care as well."""
    is_again = ASKING not in last.asking
    animals = last.animals or (find_earlier_animals(earlier) if is_again else [])
    care = [sentence for sentence, asking in zip(last.sentences, last.asking, strict=True) if asking is None]
    species = [animal.species for animal in animals]
    topics = find_topics(care, species)
    wished = [sentence for sentence in last.sentences if sentence not in care or not find_topics([sentence], ()).topics]
    animal = animals[0] if animals else None
    wish = read_wish(
        wished,
        all_species=species or (["OTHER"] if last.unsupported else []),
        animal=animal.word if animal else last.unsupported,
    )
    return Question(
        text=last.text,
        all_species=tuple(species[:MAX_SPECIES]),
        animal=wish.animal,
        topics=topics.topics if topics.weight > MIN_WEIGHT else (),
        wish=wish,
    )


def _read_care_question(last: _Reading, earlier: Sequence[str]) -> Question:
    """Read a message about care, or about nothing that the advisor knows."""
    follows = _follows_up(last)
    animals = last.animals
    topics = find_topics(last.sentences, [animal.species for animal in animals])
    if not animals and not last.unsupported and (follows or topics.weight >= MIN_WEIGHT):
        animals = find_earlier_animals(earlier)
        topics = find_topics(last.sentences, [animal.species for animal in animals])
    named = topics.topics
    if not named and not topics.is_overview and (follows or last.animals):
        named = _find_earlier_topics(earlier)
    is_known = bool(animals) or last.unsupported is not None or last.names_pets
    return Question(
        text=last.text,
        all_species=tuple(animal.species for animal in animals[:MAX_SPECIES]),
        animal=animals[0].word if animals else last.unsupported,
        topics=named,
        is_about_pets=is_known or topics.weight >= _MIN_WEIGHT_ALONE or bool(named and earlier),
    )


def _find_earlier_topics(earlier: Sequence[str]) -> tuple[Topic, ...]:
    """Return the topics of the newest earlier message that names any."""
    read = ((sentences, find_animals(sentences)) for sentences in read_earlier(earlier))
    found = (find_topics(sentences, [animal.species for animal in animals]).topics for sentences, animals in read)
    return next((topics for topics in found if topics), ())


def _follows_up(reading: _Reading) -> bool:
    """Say whether a message can be about what was said before: it points there, or says little of its own."""
    lists = load_lexicon().lists
    known = lists["follow-up"] | lists["greeting"] | lists["thanks"]
    unknown = {word for word in reading.words if word not in known and not word[0].isdigit()}
    if not unknown:
        return True
    starts = {sentence[1] for sentence in reading.sentences}
    points = not reading.words.isdisjoint(lists["pointers"]) or not starts.isdisjoint(lists["starters"])
    asks = not starts.isdisjoint(lists["question-words"] - {"what", "tell", "show"})
    return len(unknown) <= (_MAX_UNKNOWN if points else 1 if asks else 0)

"""Emergencies: signs of danger for an animal that are told as happening, and not asked about in general."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from chat.lexicon import Animal, load_data, load_lexicon
from chat.rules import Found, Rules
from chat.subjects import Subject, find_subject
from chat.words import COMMA, Sentence

_NEGATIONS: Final = frozenset(("not", "never", "no", "without", "nor", "neither"))
_MISSED: Final = frozenset(("nearly", "almost"))
_ENDED: Final = frozenset(("stopped", "quit"))
_AS_SAID: Final = frozenset(("when", "while"))
_SPEAKERS: Final = frozenset(("i", "we"))
_POISON: Final = "poison"
_DETERMINERS: Final = frozenset(("a", "an", "the", "my", "our", "his", "her"))
_PRESENT: Final = frozenset(("is", "s", "are", "am", "not", "having"))
_PEOPLE_KINDS: Final = frozenset(("seizure", "collapse", "breath"))
_MARKERS: Final = ("long past", "resolved", "days ago", "fiction", "general question")


@dataclass(frozen=True, slots=True)
class Emergency:
    """A danger that a message tells of.

    Attributes:
        kind: such as "poison", as the data file names it.
        cause: the poison's kind, such as "chocolate", where it is known.
        is_person: it has happened to a person.
    """

    kind: str
    cause: str | None = None
    is_person: bool = False


@dataclass(frozen=True, slots=True)
class _Sign:
    """The label of a pattern of signs.

    Attributes:
        kind: of the emergency.
        needs_subject: False where the pattern itself names the animal.
        is_vague: it names no poison ("ate it all"), which another sentence does.
    """

    kind: str
    needs_subject: bool = True
    is_vague: bool = False


@dataclass(frozen=True, slots=True)
class _Message:
    """A message, and the animals that it and those before are about."""

    sentences: Sequence[Sentence]
    animals: Sequence[Animal]


def find_emergency(sentences: Sequence[Sentence], animals: Sequence[Animal]) -> Emergency | None:
    """Return the emergency that a message tells of, one of an animal before one of a person; None where there is none.

    Args:
        sentences: of the message.
        animals: those that it is about, or that the messages before are about.
    """
    message = _Message(sentences, animals)
    person: Emergency | None = None
    for index in range(len(sentences)):
        for emergency in _find_in_sentence(message, index):
            if not emergency.is_person:
                return emergency
            person = person or emergency
    return person


def _find_in_sentence(message: _Message, index: int) -> Iterator[Emergency]:
    sentence = message.sentences[index]
    signs = _load_signs().find_all(sentence)
    if not signs:
        return
    markers = {found.label for found in _load_markers().find_all(sentence)}
    following = message.sentences[index + 1 : index + 2]
    markers |= {found.label for after in following for found in _load_markers().find_all(after)} & {"resolved"}
    for found in signs:
        subject = _find_subject(message, index, found)
        is_people = subject is Subject.PERSON and _is_persons_danger(sentence, found)
        if (subject is Subject.ANIMAL or is_people) and _is_told(message, sentence, found, markers):
            yield Emergency(found.label.kind, _name_cause(message, sentence, found), is_person=is_people)


def _is_persons_danger(sentence: Sentence, found: Found[_Sign]) -> bool:
    """Say whether a sign is such that a person with it needs help now."""
    words = sentence[found.start : found.end]
    return found.label.kind in _PEOPLE_KINDS and (not _PRESENT.isdisjoint(words) or _is_recent(sentence))


def _find_subject(message: _Message, index: int, found: Found[_Sign]) -> Subject:
    """Return whom a sign is about; "I gave the cat a pill" is about the cat, unless a veterinarian gave it."""
    sentence = message.sentences[index]
    lists = load_lexicon().lists
    if any(sentence[place] in {"my", "our"} and sentence[place + 1] in lists["rear"] | lists["human-body"]
           for place in range(found.start, found.end - 1)):  # fmt: skip
        return Subject.PERSON
    if found.label.needs_subject:
        return find_subject(message.sentences, index, _find_place(sentence, found))
    before = sentence[max(found.start - 3, 0) : found.start]
    return Subject.GENERAL if {"vet", "vets", "veterinarian", "doctor"} & set(before) else Subject.ANIMAL


def _find_place(sentence: Sentence, found: Found[_Sign]) -> int:
    """Return where a subject is looked for: where a sign begins, or at the animal in "a dog's broken leg"."""
    animals = load_lexicon().lists["animal"]
    if sentence[found.start] in _DETERMINERS:
        return next((place for place in range(found.start, found.end) if sentence[place] in animals), found.start)
    return found.start


def _is_told(message: _Message, sentence: Sentence, found: Found[_Sign], markers: Collection[str]) -> bool:
    """Say whether a sign is told as happening."""
    recent = not load_lexicon().lists["recent"].isdisjoint(sentence)
    return (
        not _is_vetoed(message, sentence, found)
        and not _is_negated(sentence, found)
        and not (_is_conditional(sentence, found) and not _is_recent(sentence))
        and not _is_over(sentence, found, markers)
        and "fiction" not in markers
        and not ("general question" in markers and not recent)
    )


def _is_vetoed(message: _Message, sentence: Sentence, found: Found[_Sign]) -> bool:
    """Say whether words beside a sign make it a harmless one, or the species does."""
    data = load_data_of_signs()[found.label.kind]
    vetoes = set(data["veto"]) & set(sentence[found.start :]) | set(data.get("veto anywhere", ())) & set(sentence)
    if vetoes and not set(data.get("unless", ())) & set(sentence):
        return True
    only = data.get("only for")
    names = _name_patient(message, sentence, found)
    if only is not None and names.isdisjoint(only):
        return True
    return found.label.kind == _POISON and _is_harmless(message, sentence, found, names)


def _name_patient(message: _Message, sentence: Sentence, found: Found[_Sign]) -> set[str]:
    """Return species and word of the animal that a sign is about: the nearest one, else that of the message."""
    known = load_lexicon().animals
    named = [known[word] for word in (*reversed(sentence[: found.end]), *sentence[found.end :]) if word in known]
    return {name for animal in (named or message.animals)[:1] for name in (animal.species, animal.word)}


def _is_harmless(message: _Message, sentence: Sentence, found: Found[_Sign], names: Collection[str]) -> bool:
    """Say whether no poison is named, or only such as does these animals no harm."""
    poisons = _list_poisons(message, sentence, found)
    if not poisons:
        return found.label.is_vague
    harmless = load_poisons()
    return all(set(names) & set(harmless[poison]["harmless for"]) for poison in poisons)


def _list_poisons(message: _Message, sentence: Sentence, found: Found[_Sign]) -> list[str]:
    """Return the poisons that a sign names; for a vague one, those of the whole message."""
    poisons = load_lexicon().poisons
    places = message.sentences if found.label.is_vague else (sentence[found.start : found.end],)
    named = [poisons[word] for words in places for word in words if word in poisons]
    return list(dict.fromkeys(named))


def _name_cause(message: _Message, sentence: Sentence, found: Found[_Sign]) -> str | None:
    poisons = _list_poisons(message, sentence, found) if found.label.kind == _POISON else []
    return poisons[0] if poisons else None


def _is_negated(sentence: Sentence, found: Found[_Sign]) -> bool:
    """Say whether "not" stands in the gaps of a sign or right before it."""
    before = sentence[max(found.start - 2, 0) : found.start]
    has_ended = sentence[found.start - 1] in _ENDED and sentence[found.start] == "having"
    is_missed = sentence[found.start - 1] in _MISSED and found.label.kind == _POISON
    return has_ended or is_missed or not _NEGATIONS.isdisjoint(found.gaps) or not _NEGATIONS.isdisjoint(before)


def _is_conditional(sentence: Sentence, found: Found[_Sign]) -> bool:
    """Say whether "if" or "when" governs a sign: it stands before it, and no comma between."""
    lists = load_lexicon().lists
    for place in range(found.start, 0, -1):
        word = sentence[place]
        if word == COMMA:
            return False
        if word in lists["conditional"]:
            return True
        if word in _AS_SAID:
            return sentence[place + 1] not in _SPEAKERS
    return False


def _cut_clause(sentence: Sentence, found: Found[_Sign]) -> Sentence:
    """Return the part of a sentence between the commas around a sign."""
    begin = max((place for place in range(found.start) if sentence[place] == COMMA), default=0)
    end = next((place for place in range(found.end, len(sentence)) if sentence[place] == COMMA), len(sentence))
    return sentence[begin:end]


def _is_recent(sentence: Sentence) -> bool:
    """Say whether a sentence names a moment that lies at most a day back."""
    lists = load_lexicon().lists
    has_just = any(word == "just" and sentence[place + 1] in lists["happened"] for place, word in enumerate(sentence))
    return has_just or not (lists["recent"] - {"now", "help", "still"}).isdisjoint(sentence)


def _is_over(sentence: Sentence, found: Found[_Sign], markers: Collection[str]) -> bool:
    """Say whether what is told lies long back, or has ended well."""
    is_resolved = "resolved" in markers
    is_recent = _is_recent(sentence) or ("now" in _cut_clause(sentence, found) and not is_resolved)
    if "days ago" in markers and (is_resolved or found.label.kind != _POISON):
        return True
    return ("long past" in markers or is_resolved) and not is_recent


@cache
def load_data_of_signs() -> dict[str, Any]:
    """Read the patterns of signs and what goes with them, by kind."""
    signs: dict[str, Any] = load_data("triage")["signs"]
    return signs


@cache
def load_poisons() -> dict[str, Any]:
    """Read the poisons, by kind."""
    poisons: dict[str, Any] = load_data("triage")["poisons"]
    return poisons


@cache
def _load_signs() -> Rules[Any]:
    rules = load_lexicon().build_rules()
    for kind, data in load_data_of_signs().items():
        rules.add_patterns(_Sign(kind), data["patterns"])
        rules.add_patterns(_Sign(kind, needs_subject=False), data.get("needs no subject", ()))
        rules.add_patterns(_Sign(kind, is_vague=True), data.get("vague", ()))
    return rules


@cache
def _load_markers() -> Rules[Any]:
    data = load_data("triage")
    rules = load_lexicon().build_rules()
    for marker in _MARKERS:
        rules.add_patterns(marker, data[marker])
    return rules

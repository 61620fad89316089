"""The store's knowledge of pet care: one entry for each topic and species, in the data files."""

from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from chat.lexicon import SPECIES, load_data
from chat.questions import Question
from chat.topics import Topic

KNOWLEDGE_VERSION: Final = "2026.12"
"""The version of the data files; a change of what they say is a new one."""
MIN_WORDS: Final = 60


class KnowledgeFault(RuntimeError):
    """A data file that lacks an entry, or has one that is too short: a defect of the repository."""


@dataclass(frozen=True, slots=True)
class Entry:
    """The knowledge about one topic for one species.

    Attributes:
        topic: None for the overview of a species.
    """

    species: str
    topic: Topic | None
    title: str
    text: str


def find_entries(question: Question) -> tuple[Entry, ...]:
    """Return the entries that answer a question, those of the species that it is about first.

    A species without a topic has its overview; without a species there is none. At most four.
    """
    known = load_entries()
    topics = question.topics or (None,)
    return tuple(known[species, topic] for species in question.all_species for topic in topics)


@cache
def load_entries() -> dict[tuple[str, Topic | None], Entry]:
    """Read the entries of all species; raises KnowledgeFault where one is missing or too short."""
    return {(entry.species, entry.topic): entry for species in SPECIES for entry in _read_species(species)}


@cache
def load_general_advice() -> dict[Topic, str]:
    """Read what holds for all species, by topic."""
    texts = load_data("knowledge/general")
    return {topic: texts[topic.value] for topic in Topic}


def _read_species(species: str) -> list[Entry]:
    data = load_data(f"knowledge/{species.lower()}")
    missing = {topic.value for topic in Topic} ^ data["entries"].keys()
    if missing:
        raise KnowledgeFault(f"{species}: {sorted(missing)}")
    entries = [_read_entry(species, topic, data["entries"][topic.value]) for topic in Topic]
    return [*entries, _read_entry(species, None, data["overview"])]


def _read_entry(species: str, topic: Topic | None, data: Any) -> Entry:
    entry = Entry(species, topic, data["title"], " ".join(data["text"]))
    if len(entry.text.split()) < MIN_WORDS:
        raise KnowledgeFault(f"{entry.title}: fewer than {MIN_WORDS} words")
    return entry

"""The reader of topics: what a text is about, by everyday words with weights."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from chat.lexicon import load_data, load_lexicon
from chat.rules import Found, Rules
from chat.topics import Topic
from chat.words import Sentence

MAX_TOPICS: Final = 2
MIN_WEIGHT: Final = 3
"""The weight from which on words name a topic."""
MAX_COVER: Final = 7
"""Words of a pattern that may hide shorter ones, such as "on a train" hides "train"."""

_OVERVIEW: Final = "overview"


@dataclass(frozen=True, slots=True)
class TopicsFound:
    """The topics that a text names, the heaviest first.

    Attributes:
        weight: of the first one.
        is_overview: the text asks about a species as a whole.
    """

    topics: tuple[Topic, ...]
    weight: int
    is_overview: bool


@dataclass(frozen=True, slots=True)
class _Rule:
    """The topic that a pattern speaks for, and how much; only for some species where these are named."""

    topic: str
    weight: int
    species: frozenset[str]


def find_topics(sentences: Iterable[Sentence], species: Collection[str]) -> TopicsFound:
    """Return what a text is about.

    Args:
        sentences: of the text.
        species: those that it is about; some words mean something else for a bird than for a dog.
    """
    weights: dict[str, int] = defaultdict(int)
    for sentence in sentences:
        seen: set[tuple[str, int]] = set()
        for found in _drop_covered(_load_rules().find_all(sentence)):
            rule = found.label
            is_apt = not rule.species or not rule.species.isdisjoint(species)
            if is_apt and (rule.topic, found.start) not in seen:
                seen.add((rule.topic, found.start))
                weights[rule.topic] += rule.weight
    return _rank_topics(weights)


def _rank_topics(weights: dict[str, int]) -> TopicsFound:
    overview = weights.pop(_OVERVIEW, 0)
    order = [topic.value for topic in Topic]
    ranked = sorted(weights.items(), key=lambda item: (-item[1], order.index(item[0])))
    named = [(Topic(topic), weight) for topic, weight in ranked if weight >= MIN_WEIGHT][:MAX_TOPICS]
    heaviest = named[0][1] if named else 0
    if overview > heaviest:
        return TopicsFound((), overview, is_overview=True)
    return TopicsFound(tuple(topic for topic, weight in named if weight * 2 > heaviest), heaviest, is_overview=False)


def _drop_covered(found: Sequence[Found[_Rule]]) -> list[Found[_Rule]]:
    """Leave out what stands inside a longer pattern of another topic."""
    long = [one for one in found if one.end - one.start <= MAX_COVER]
    return [one for one in found if not any(_covers(other, one) for other in long)]


def _covers(outer: Found[_Rule], inner: Found[_Rule]) -> bool:
    return (
        outer.label.topic != inner.label.topic
        and outer.label.weight >= inner.label.weight
        and outer.start <= inner.start
        and inner.end <= outer.end
        and outer.end - outer.start > inner.end - inner.start
    )


@cache
def _load_rules() -> Rules[Any]:
    rules = load_lexicon().build_rules()
    for topic, groups in load_data("topics").items():
        for group in groups:
            rules.add_patterns(_Rule(topic, group["weight"], frozenset(group.get("species", ()))), group["patterns"])
    return rules

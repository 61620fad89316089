"""Rules over words: patterns that are written in data files, and what they find in a sentence.

A pattern is a line of words. `a|b` is one of several words (`a|b_c`: or two together), `{name}` a word of a list, `?x`
may be absent, `*x` may come up to five times, `..` is a gap of up to four words and `..2` one of up to two. `^` is the
sentence's beginning, `$` its end, `?` as a word of its own the end of a question.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Final, Generic, TypeVar

from chat.words import Sentence

MAX_GAP: Final = 4
MAX_REPEATS: Final = 5
MAX_FOUND: Final = 60
"""Findings in one sentence, which no sentence that people write has."""

_LIST_NAME = re.compile(r"\{[^}]*\}")

Words = Mapping[str, frozenset[str]]
Label = TypeVar("Label")


@dataclass(frozen=True, slots=True)
class Found(Generic[Label]):
    """A pattern that stands in a sentence, from word `start` to before word `end`, with the words of its gaps."""

    label: Label
    start: int
    end: int
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Part:
    """A part of a pattern: a word of a set between `least` and `most` times; any word where there is no set."""

    words: frozenset[str] | None
    least: int = 1
    most: int = 1


@dataclass(frozen=True, slots=True)
class _Pattern(Generic[Label]):
    """A pattern, with the sets of words of which a sentence has to have one each."""

    label: Label
    parts: tuple[_Part, ...]
    required: tuple[frozenset[str], ...]


@dataclass(slots=True)
class Rules(Generic[Label]):
    """Patterns with labels, looked up by the part that the fewest sentences have.

    Args:
        lists: the lists that patterns name.
        common: words that most sentences have.
        join_phrases: makes one word of each phrase, as in sentences.
    """

    lists: Words
    common: frozenset[str]
    join_phrases: Callable[[Sequence[str]], list[str]]
    _patterns: list[_Pattern[Label]] = field(default_factory=list)
    _by_word: dict[str, list[int]] = field(default_factory=dict)

    def add_patterns(self, label: Label, patterns: Iterable[str]) -> None:
        """Add patterns under a label; raises ValueError for one that begins with a part that may be absent."""
        for pattern in patterns:
            for line in _spell_out(_LIST_NAME.sub(_join_name, pattern).split()):
                self._add_line(label, pattern, [self._read_part(part) for part in self.join_phrases(line)])

    def find_all(self, sentence: Sentence) -> list[Found[Label]]:
        """Return what the patterns find in a sentence, in its order, at most MAX_FOUND."""
        words = frozenset(sentence)
        numbers = {number for word in self._by_word.keys() & words for number in self._by_word[word]}
        found: list[Found[Label]] = []
        for number in sorted(numbers):
            pattern = self._patterns[number]
            if not any(words.isdisjoint(required) for required in pattern.required):
                found.extend(_match_pattern(pattern, sentence))
            if len(found) >= MAX_FOUND:
                break
        return sorted(found, key=attrgetter("start"))

    def _add_line(self, label: Label, pattern: str, parts: Sequence[_Part]) -> None:
        required = tuple(part.words for part in parts if part.words is not None and part.least)
        if parts[0].words is None or parts[0].least == 0:
            raise ValueError(f"A pattern begins with a word: {pattern}")
        for word in min(required, key=lambda words: (len(words & self.common), len(words))):
            self._by_word.setdefault(word, []).append(len(self._patterns))
        self._patterns.append(_Pattern(label, tuple(parts), required))

    def _read_part(self, part: str) -> _Part:
        if part.startswith(".."):
            return _Part(None, 0, int(part[2:] or MAX_GAP))
        if part[0] in "?*" and len(part) > 1:
            return _Part(self._read_words(part[1:]), 0, 1 if part[0] == "?" else MAX_REPEATS)
        return _Part(self._read_words(part))

    def _read_words(self, part: str) -> frozenset[str]:
        words: set[str] = set()
        for word in part.split("|"):
            words |= self.lists[word[1:-1]] if word.startswith("{") else {word}
        return frozenset(words)


def _spell_out(parts: list[str]) -> Iterator[list[str]]:
    """Yield the lines that a pattern stands for: each `a_b` among alternatives makes one with two words."""
    for place, part in enumerate(parts):
        words = part.split("|")
        phrases = [word for word in words if "_" in word]
        if phrases:
            single = "|".join(word for word in words if "_" not in word)
            for words_instead in ([single] if single else [], *(phrase.split("_") for phrase in phrases)):
                if words_instead:
                    yield from _spell_out([*parts[:place], *words_instead, *parts[place + 1 :]])
            return
    yield parts


def _join_name(found: re.Match[str]) -> str:
    return found[0].replace(" ", "-")


def _match_pattern(pattern: _Pattern[Label], sentence: Sentence) -> Iterator[Found[Label]]:
    first = pattern.required[0]
    for position, word in enumerate(sentence):
        if word in first:
            match = _match_parts(pattern.parts, sentence, position)
            if match is not None:
                yield Found(pattern.label, position, *match)


def _match_parts(
    parts: Sequence[_Part], sentence: Sentence, position: int, index: int = 0, gaps: tuple[str, ...] = ()
) -> tuple[int, tuple[str, ...]] | None:
    """Return where a pattern ends that begins at a position, and the words of its gaps, or None."""
    if index == len(parts):
        return position, gaps
    part = parts[index]
    for times in _list_times(part, sentence, position):
        skipped = sentence[position : position + times] if part.words is None else ()
        match = _match_parts(parts, sentence, position + times, index + 1, gaps + skipped)
        if match is not None:
            return match
    return None


def _list_times(part: _Part, sentence: Sentence, position: int) -> Sequence[int]:
    """Return how often a part may come at a position: gaps are as short as they can be, lists of words as long."""
    left = len(sentence) - position
    if part.words is None:
        return range(min(part.most, left) + 1)
    number = 0
    while number < min(part.most, left) and sentence[position + number] in part.words:
        number += 1
    return range(number, part.least - 1, -1)

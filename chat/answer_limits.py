"""The shape of an answer: cut at the caller's stop sequences and at the limit of tokens, while it comes."""

import re
from collections.abc import Sequence
from typing import Final

from chat.answers import Finish
from chat.tokens import split_tokens

MAX_ANSWER: Final = 256 * 1024
"""Characters; no advisor's answer is longer, so no longer stop sequence can occur in it."""

_WORD = re.compile(r"\w")


class StopSequence:
    """A stop sequence, and how much of it the text has at its end (Knuth, Morris and Pratt's algorithm)."""

    def __init__(self, sequence: str) -> None:
        self.sequence = sequence
        self.matched = 0
        self._fallbacks = [0]
        for character in sequence[1:]:
            self._fallbacks.append(self._extend_match(self._fallbacks[-1], character))

    def find_end(self, text: str) -> int:
        """Return the index in the text behind the first occurrence that ends there, or -1; remembers its end."""
        for index, character in enumerate(text, 1):
            self.matched = self._extend_match(self.matched, character)
            if self.matched == len(self.sequence):
                return index
        return -1

    def _extend_match(self, matched: int, character: str) -> int:
        while matched and self.sequence[matched] != character:
            matched = self._fallbacks[matched - 1]
        return matched + 1 if self.sequence[matched] == character else matched


class AnswerShaper:
    """An answer on its way to the caller.

    Attributes:
        finish: the reason why it was cut here; None as long as it was not.
        tokens: the number of tokens that were let through.
        length: the number of characters that were let through.
    """

    def __init__(self, *, max_tokens: int, stop: Sequence[str] = ()) -> None:
        self.finish: Finish | None = None
        self.tokens = 0
        self.length = 0
        self._max_tokens = max_tokens
        self._stops = [StopSequence(sequence) for sequence in stop if len(sequence) <= MAX_ANSWER]
        self._held = ""
        self._word_end = ""

    def take_piece(self, piece: str) -> str:
        """Take the next piece of the advisor's and return what can be passed on of all that has come."""
        text = self._held + piece
        first = self._find_first_stop(piece)
        if first >= 0:
            self._held = ""
            passed = self._cut_at_limit(text[:first])
            self.finish = self.finish or Finish.STOP
            return passed
        held = max((stop.matched for stop in self._stops), default=0)
        self._held = text[len(text) - held :]
        return self._cut_at_limit(text[: len(text) - held])

    def take_end(self) -> str:
        """Return what was held back, because it might have been the beginning of a stop sequence."""
        held, self._held = self._held, ""
        return "" if self.finish else self._cut_at_limit(held)

    def _find_first_stop(self, piece: str) -> int:
        """Return where in what was held back and the piece the sequence begins that is complete first; else -1."""
        held = len(self._held)
        ends = [(stop.find_end(piece), len(stop.sequence)) for stop in self._stops]
        complete = [(held + end, held + end - length) for end, length in ends if end >= 0]
        return min(complete)[1] if complete else -1

    def _cut_at_limit(self, text: str) -> str:
        """Count the tokens of a text and return as much of it as the limit allows.

        Where the text before ended within a word, its last character comes first, for the word may go on.
        """
        before = self._word_end
        passed, tokens = 0, self.tokens - len(before)
        for token in split_tokens(before + text):
            if tokens == self._max_tokens:
                self.finish = Finish.LENGTH
                break
            tokens, passed = tokens + 1, passed + len(token)
        else:
            passed = len(before) + len(text)
        shown = text[: max(passed - len(before), 0)]
        if shown:
            self._word_end = shown[-1] if _WORD.match(shown[-1]) else ""
        self.tokens = tokens
        self.length += len(shown)
        return shown

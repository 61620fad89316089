"""Words of a text as people type it: folded, without accents, sentence by sentence."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from typing import Final

START: Final = "^"
END: Final = "$"
COMMA: Final = ","
MAX_SENTENCE: Final = 80
"""Words of one sentence; a longer one is read in parts, so that no text makes reading slow."""

_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u02b9\uff07`\u00b4"), "'")
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), "")
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9]+(?:[.,][0-9]+)*|[$€£]|[,:()–—]|[.!?;\n]+")
_ENDS = frozenset(".!?;\n")
_PAUSES = frozenset(",:()–—")
_TAILS: Mapping[str, str] = {"s": "s", "re": "are", "ve": "have", "m": "am", "ll": "will", "d": "would"}
_CURRENCIES: Mapping[str, str] = {"$": "dollars", "€": "euros", "£": "sterling"}
_STEMS: Mapping[str, str] = {"ca": "can", "wo": "will", "sha": "shall", "ai": "is"}

Sentence = tuple[str, ...]


class WordReader:
    """A reader of texts that knows the spellings and the phrases that count as one word.

    Args:
        spellings: what people type for a word, such as "choclate" and "cant".
        phrases: words that stand for one thing together, such as "guinea pig".
    """

    def __init__(self, spellings: Mapping[str, Sequence[str]], phrases: Iterator[str]) -> None:
        self._spellings = spellings
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        for phrase in sorted({tuple(text.split()) for text in phrases}, key=len, reverse=True):
            self._phrases.setdefault(phrase[0], []).append(phrase)

    def read_sentences(self, text: str) -> Iterator[Sentence]:
        """Yield the sentences of a text, each between START and END; `n't` is `not`, `'s` a word of its own."""
        words: list[str] = []
        for token in _TOKEN.findall(fold_text(text)):
            if token[0] in _ENDS:
                yield from self._end_sentence(words, is_question="?" in token)
                words = []
            elif token in _PAUSES:
                words.append(COMMA)
            else:
                words.extend(self._expand_word(token))
            if len(words) >= MAX_SENTENCE:
                yield from self._end_sentence(words, is_question=False)
                words = []
        yield from self._end_sentence(words, is_question=False)

    def join_phrases(self, words: Sequence[str]) -> list[str]:
        """Make one word of each phrase."""
        joined: list[str] = []
        position = 0
        while position < len(words):
            phrase = self._find_phrase(words, position)
            joined.append(" ".join(phrase) if phrase else words[position])
            position += len(phrase) or 1
        return joined

    def _find_phrase(self, words: Sequence[str], position: int) -> tuple[str, ...]:
        for phrase in self._phrases.get(words[position], ()):
            if tuple(words[position : position + len(phrase)]) == phrase:
                return phrase
        return ()

    def _end_sentence(self, words: list[str], *, is_question: bool) -> Iterator[Sentence]:
        if words:
            yield (START, *self.join_phrases(words), "?" if is_question else END)

    def _expand_word(self, token: str) -> Sequence[str]:
        known = self._spellings.get(token)
        if token in _CURRENCIES:
            return (_CURRENCIES[token],)
        if known is not None:
            return known
        stem, apostrophe, tail = token.partition("'")
        if not apostrophe:
            return (token,)
        if tail == "t" and stem.endswith("n"):
            return (_STEMS.get(stem[:-1], stem[:-1]), "not")
        stems = self._spellings.get(stem, (stem,))
        return (*stems, _TAILS[tail]) if tail in _TAILS else (stem + tail,)


def fold_text(text: str) -> str:
    """Return a text in lower case without accents, with plain apostrophes and without characters that nobody sees."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES | _UNSEEN))
    return "".join(letter for letter in plain if not unicodedata.combining(letter)).lower()

"""Words of a text as people type it: folded, without accents, sentence by sentence."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

START: Final = "^"
END: Final = "$"
COMMA: Final = ","
MAX_SENTENCE: Final = 60
"""Words of one sentence; a longer one is read in parts, so that no text makes reading slow."""
MAX_WORDS: Final = 900
"""Words of one text that are read."""

_APOSTROPHES = dict.fromkeys(map(ord, "\u2018\u2019\u02bc\u02b9\uff07`\u00b4"), "'")
_UNSEEN = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff"), "")
_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|[0-9]+(?:[.,][0-9]+)*|[$€£]|[,:()–—]|[.!?;\n]+")
_ACCENTS = re.compile("[\u0300-\u036f]+")
_ENDS = frozenset(".!?;\n")
_PAUSES = frozenset(",:()–—")
_TAILS: Mapping[str, str] = {"s": "s", "re": "are", "ve": "have", "m": "am", "ll": "will", "d": "would"}
_CURRENCIES: Mapping[str, str] = {"$": "dollars", "€": "euros", "£": "sterling"}
_STEMS: Mapping[str, str] = {"ca": "can", "wo": "will", "sha": "shall", "ai": "is"}

Sentence = tuple[str, ...]
_RawSentence = tuple[tuple[str, ...], str]


class WordReader:
    """A reader of texts that knows the spellings and the phrases that count as one word.

    Args:
        spellings: what people type for a word, such as "choclate" and "cant".
        phrases: words that stand for one thing together, such as "guinea pig".
        urgent: words for which a sentence is read also in the middle of a text that is too long to be read.
    """

    def __init__(
        self, spellings: Mapping[str, Sequence[str]], phrases: Iterable[str], urgent: Collection[str] = ()
    ) -> None:
        self._spellings = spellings
        self._urgent = frozenset(urgent)
        self._phrases: dict[str, list[tuple[str, ...]]] = {}
        for phrase in sorted({tuple(text.split()) for text in phrases}, key=lambda words: (-len(words), words)):
            self._phrases.setdefault(phrase[0], []).append(phrase)

    def read_sentences(self, text: str) -> list[Sentence]:
        """Return the sentences of a text, each between START and its end; `n't` is `not`, `'s` a word of its own.

        A sentence that is said again is left out. Of a text of more than MAX_WORDS words the beginning and the end are
        read, and between them the sentences with urgent words.
        """
        sentences = list(dict.fromkeys(_split_sentences(_TOKEN.findall(fold_text(text)))))
        return [self._read_sentence(*sentence) for sentence in self._choose_sentences(sentences)]

    def _choose_sentences(self, sentences: list[_RawSentence]) -> list[_RawSentence]:
        if sum(len(words) for words, _ in sentences) <= MAX_WORDS:
            return sentences
        first = _take_words(sentences, MAX_WORDS // 3)
        last = _take_words(sentences[: len(first) - 1 : -1], MAX_WORDS // 3)
        middle = sentences[len(first) : len(sentences) - len(last)]
        urgent = _take_words([one for one in middle if not self._urgent.isdisjoint(one[0])], MAX_WORDS // 3)
        return [*first, *urgent, *reversed(last)]

    def _read_sentence(self, tokens: Sequence[str], end: str) -> Sentence:
        words = [word for token in tokens for word in self._expand_word(token)]
        return (START, *self.join_phrases(words), end)

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


def _split_sentences(tokens: Sequence[str]) -> Iterator[_RawSentence]:
    """Yield the tokens of each sentence, with END or "?"; one of more than MAX_SENTENCE in parts."""
    words: list[str] = []
    for token in tokens:
        is_end = token[0] in _ENDS
        if not is_end:
            if token not in _PAUSES:
                words.append(token)
            elif words and words[-1] != COMMA:
                words.append(COMMA)
        if words and (is_end or len(words) >= MAX_SENTENCE):
            yield tuple(words), "?" if "?" in token else END
            words = []
    if words:
        yield tuple(words), END


def _take_words(sentences: Iterable[_RawSentence], limit: int) -> list[_RawSentence]:
    """Return the sentences up to a number of words, at least one."""
    taken: list[_RawSentence] = []
    number = 0
    for sentence in sentences:
        number += len(sentence[0])
        if taken and number > limit:
            break
        taken.append(sentence)
    return taken


def fold_text(text: str) -> str:
    """Return a text in lower case without accents, with plain apostrophes and without characters that nobody sees."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES | _UNSEEN))
    return _ACCENTS.sub("", plain).lower()

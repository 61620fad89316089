"""Tokens of texts: a word or a punctuation mark each."""

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"\s*(?:\w+|[^\w\s])\s*\Z|\s*(?:\w+|[^\w\s])")


def split_tokens(text: str) -> Iterator[str]:
    """Yield the tokens of a text, each with the white space before it; together they are the text."""
    return (found[0] for found in _TOKEN.finditer(text))


def count_tokens(text: str) -> int:
    """Count the tokens of a text."""
    return sum(1 for _ in split_tokens(text))

"""The limits of a search by words: each word reads a table or an index."""

from kernel.errors import FieldFault, Invalid

MAX_SEARCH = 100
MAX_WORDS = 8


class SearchTooLong(Invalid):
    """A search of more words, or of more characters, than people type."""

    code = "search_too_long"
    title = "The search is too long"


def split_search_words(text: str) -> list[str]:
    """Return the words of a search; raises SearchTooLong."""
    words = text.split() if len(text) <= MAX_SEARCH else []
    if len(text) > MAX_SEARCH or len(words) > MAX_WORDS:
        sentence = f"Search for at most {MAX_WORDS} words and {MAX_SEARCH} characters."
        raise SearchTooLong(sentence, faults=(FieldFault("search", sentence, SearchTooLong.code),))
    return words

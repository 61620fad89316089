"""The sentence that ends each answer."""

from typing import Final

CLOSING: Final = "I am the store's automatic advisor and no veterinarian."


def close_answer(text: str) -> str:
    """Return an answer's text with the closing sentence."""
    return f"{text}\n\n{CLOSING}"

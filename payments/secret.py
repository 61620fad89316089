"""Text that must not be logged or stored by accident (guarantees, G7)."""

from typing import Any, Final, NoReturn, Self

MASK: Final = "************"
"""Stands for the hidden digits, however many they are."""


class Secret:
    """A card number, a cvc, an account number: shown by `reveal_text` alone.

    Printing, formatting, logging, `dataclasses.asdict` and the local variables of a crash report show three dots;
    JSON and pickle refuse it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal_text(self) -> str:
        """Return the text itself, for a request to the gateway."""
        return self._text

    def last_characters(self, count: int) -> str:
        """Return the last characters, which may be stored and shown."""
        return self._text[-count:]

    def __repr__(self) -> str:
        return "Secret(…)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("A secret is not pickled.")

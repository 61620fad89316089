"""Text that must not be seen by accident (guarantees, G7)."""

from typing import Any, Final, NoReturn, Self

MASK: Final = "************"
"""What stands for the digits that are not shown, however many they are."""


class Secret:
    """A card number, a cvc, an account number: shown by `reveal_text` alone.

    Printing, formatting, logging, `dataclasses.asdict` and the local variables of a crash report show three dots;
    JSON and pickle refuse it.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal_text(self) -> str:
        """The text itself, for the one who has to send it on."""
        return self._text

    def last_characters(self, count: int) -> str:
        """The last characters of it, which may be kept and shown."""
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

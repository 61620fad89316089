"""Openings of an answer: sentences that an agent begins with and goes on from."""

from collections.abc import Iterator
from typing import Final, NamedTuple


class Opening(NamedTuple):
    """An opening with the names filled in.

    Attributes:
        name: its part of an address.
        label: a few words to choose it by.
    """

    name: str
    label: str
    text: str


_OPENINGS: Final = (
    ("greeting", "Greeting", "Hello {customer}, this is {agent} of {shop}. How can I help you?"),
    ("moment", "One moment", "Hello {customer}, {agent} here. Give me a moment to look into this, please."),
    ("order", "Ask for the order", "Hello {customer}, which order is this about? The end of its number is enough."),
    ("visit", "Invite for a visit", "You are welcome to come and meet the pet at {shop}. Which day suits you?"),
    ("more", "Anything else", "Is there anything else that I can do for you, {customer}?"),
    ("thanks", "Thanks and goodbye", "Thank you for writing to {shop}, {customer}. All the best from {agent}!"),
)
_NAMELESS: Final = {"customer": "there", "agent": "the team"}


def list_openings(*, customer: str, agent: str, shop: str) -> Iterator[Opening]:
    """Yield the openings with these names.

    Args:
        customer, agent: first names; blank where somebody has none.
    """
    names = {"customer": customer or _NAMELESS["customer"], "agent": agent or _NAMELESS["agent"], "shop": shop}
    for name, label, text in _OPENINGS:
        yield Opening(name, label, text.format_map(names))

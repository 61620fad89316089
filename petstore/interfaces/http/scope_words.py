"""The scopes of tokens in plain words, for the pages on which people grant them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from kernel.access import TokenScope


@dataclass(frozen=True, slots=True)
class ScopeWords:
    """A scope for people.

    Attributes:
        title: what the bearer may do, in a few words.
        details: what that comes to for a customer.
        details_for_staff: what it comes to for the store's staff, who may do more.
    """

    title: str
    details: str
    details_for_staff: str = ""


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """A scope as a page shows it."""

    scope: str
    title: str
    details: str


SCOPE_WORDS: Final[dict[str, ScopeWords]] = {
    TokenScope.READ_PETS: ScopeWords("See the pets", "Their names, photos and prices, and how many are left."),
    TokenScope.WRITE_PETS: ScopeWords("Change the pets", "Add pets, change them and their photos, and take them away."),
    TokenScope.READ_ORDERS: ScopeWords(
        "See your orders",
        "What you have ordered and paid, with receipts, and what becomes of it.",
        "Yours and those of all customers of this store, with payments and receipts.",
    ),
    TokenScope.WRITE_ORDERS: ScopeWords(
        "Place and cancel orders for you",
        "Order pets in your name, pay with the details that you give it, and cancel your orders.",
        "Order pets, pay with the details that you give it, and cancel orders, of customers, too, as far as you may.",
    ),
    TokenScope.READ_USER: ScopeWords(
        "See your profile",
        "Your username, name, e-mail address and phone number.",
        "Yours and those of the customers of this store: names, e-mail addresses and phone numbers.",
    ),
    TokenScope.WRITE_USER: ScopeWords(
        "Change your profile",
        "Your name, e-mail address, phone number and preferences; neither your password nor closing the account.",
        "Your name, e-mail address, phone number and preferences, and as an admin those of others; no passwords.",
    ),
    TokenScope.WRITE_CHAT: ScopeWords("Chat for you", "Ask the store's advisor and its staff, in your name."),
}
"""Each scope that there is, in the order in which pages show them."""


def describe_scopes(scopes: Iterable[str], *, is_staff: bool = False) -> list[ScopeLine]:
    """Return the scopes in words, each once and in the order of SCOPE_WORDS.

    Args:
        is_staff: they are for one of the store's staff.
    """
    given = set(scopes)
    return [
        ScopeLine(str(scope), words.title, (is_staff and words.details_for_staff) or words.details)
        for scope, words in SCOPE_WORDS.items()
        if scope in given
    ]

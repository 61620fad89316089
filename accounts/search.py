"""Search of customers by a word, for lists of what belongs to them."""

import re
from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from accounts.models import User

MAX_MATCHES = 1000
"""The most customers whose rows are found by index; a word that fits more is matched row by row."""
_COLUMNS = ("username", "email", "first_name", "last_name", "phone")
_PHONE = re.compile(r"\+\d+\Z")


def choose_customer_columns(word: str) -> tuple[str, ...]:
    """Return the columns of a customer that can hold the word: an address, a phone number, or anything."""
    if "@" in word:
        return ("email", "username")
    return ("phone",) if _PHONE.match(word) else _COLUMNS


def could_be_name(word: str) -> bool:
    """Return whether a name can have the word in it: it is neither an address nor a phone number."""
    return choose_customer_columns(word) == _COLUMNS


def list_matching_customers(word: str, *, most: int = MAX_MATCHES) -> list[tuple[UUID, UUID]]:
    """Return tenant and id of the customers of the scope who match a word; one more than `most` stands for more."""
    found = User.objects.order_by().filter(match_any_column(word, choose_customer_columns(word)))
    return list(found.values_list("tenant_id", "pk")[: most + 1])


def match_any_column(word: str, names: Iterable[str]) -> Q:
    """Return the condition that one of the columns holds the word."""
    return Q(*((f"{name}__icontains", word) for name in names), _connector=Q.OR)

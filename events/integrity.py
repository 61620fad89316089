"""Checks that rows agree with one another and with the journal; each package has claims of its own."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from django.db.models import QuerySet

from tenants.scoping import all_tenants

MAX_BROKEN = 1000
Ids: TypeAlias = "QuerySet[Any, tuple[Any, ...]]"
"""Rows that begin with an id."""


@dataclass(frozen=True, slots=True)
class IntegrityCheck:
    """A claim about the rows of the database, and the rows that break it.

    Attributes:
        claim: what holds, as a sentence.
        broken: the ids of what is wrong, at most `MAX_BROKEN`.
    """

    claim: str
    broken: tuple[str, ...]


def run_checks(claims: Mapping[str, Callable[[], Ids]]) -> list[IntegrityCheck]:
    """Check claims over all tenants; each one's query finds the rows that break it."""
    with all_tenants(reason="verify the journal"):
        return [
            IntegrityCheck(claim, tuple(str(row[0]) for row in find_broken()[:MAX_BROKEN]))
            for claim, find_broken in claims.items()
        ]

"""Read which page of a collection the caller asks for (contract, Collections)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from django.http import QueryDict

from kernel.errors import Invalid

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_OFFSET = 100_000
_NUMBER = re.compile(r"[0-9]{1,9}\Z")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """The page that a caller asks for: a number, or a cursor's text."""

    page: int = 1
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    @property
    def row_offset(self) -> int:
        """Return how many rows stand before a numbered page."""
        return (self.page - 1) * self.limit


def read_page_request(query: Mapping[str, str]) -> PageRequest:
    """Read `page`, `limit` and `cursor` of a query string.

    Raises:
        Invalid: one is out of range, the page is too deep, or both a page and a cursor are given.
    """
    limit = _read_whole_number(query, "limit", default=DEFAULT_LIMIT, most=MAX_LIMIT)
    if "cursor" in query:
        if "page" in query:
            raise Invalid.for_field("cursor", "Give either a page or a cursor.", "invalid")
        return PageRequest(limit=limit, cursor=str(query["cursor"]))
    asked = PageRequest(_read_whole_number(query, "page", default=1, most=10**9), limit)
    if asked.row_offset > MAX_OFFSET:
        message = "This page is too deep; go from page to page instead, by the cursor that each one has."
        raise Invalid.for_field("page", message, "page_too_deep")
    return asked


def is_unfiltered_list(query: QueryDict) -> bool:
    """Return whether the caller asks for some page of the whole list."""
    return query.keys() <= {"limit", "page", "cursor"}


def is_first_page(query: QueryDict) -> bool:
    """Return whether the caller asks for the first page of the whole list: no filter, no page, no cursor."""
    return query.keys() <= {"limit"}


def _read_whole_number(query: Mapping[str, str], name: str, *, default: int, most: int) -> int:
    if name not in query:
        return default
    text = str(query[name])
    if not _NUMBER.match(text) or not 1 <= int(text) <= most:
        raise Invalid.for_field(name, f"Give a whole number from 1 to {most}.", "out_of_range")
    return int(text)

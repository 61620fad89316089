"""Read one page of a collection, by number or by cursor (contract, Collections)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet

from petstore.interfaces.representation.cursors import Cursor, Ordering, decode_cursor
from petstore.interfaces.representation.page_requests import PageRequest
from petstore.interfaces.representation.totals import Total

MakeRow = Callable[[Any], Any]


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page, and the cursors of its neighbours."""

    rows: list[Any]
    number: int
    limit: int
    next: Cursor | None = None
    previous: Cursor | None = None


def read_collection_page(
    rows: QuerySet[Any, Any], ordering: Ordering, asked: PageRequest, make_row: MakeRow | None = None
) -> Page:
    """Read the page that the caller asks for, by one statement.

    Args:
        make_row: makes a row of what the queryset gives; by default it is one.

    Raises:
        Invalid: the cursor is none of this list.
    """
    cursor = None if asked.cursor is None else decode_cursor(asked.cursor, ordering, rows.model)
    selected = _select_page_rows(rows, ordering, asked, cursor)
    found = list(map(make_row, selected)) if make_row else list(selected)
    return build_page_of_found(found, ordering, asked, cursor)


def build_page_with_cursors(
    rows: Sequence[Any], ordering: Ordering, asked: PageRequest, *, has_next: bool, has_previous: bool
) -> Page:
    """Make a page of its rows, with cursors where there are more behind and before them."""
    number, limit = asked.page, asked.limit
    if not rows:
        return Page([], number, limit)
    following = ordering.place_cursor_at_row(rows[-1], page=number + 1)
    earlier = ordering.place_cursor_at_row(rows[0], page=max(1, number - 1), is_backward=True)
    return Page(list(rows), number, limit, following if has_next else None, earlier if has_previous else None)


def count_pages(page: Page, total: Total) -> int:
    """Return how many pages of this size there are."""
    return -(-total.items // page.limit)


def build_pagination_figures(page: Page, total: Total) -> dict[str, Any]:
    """Return the `pagination` of a collection."""
    figures = {
        "page": page.number,
        "limit": page.limit,
        "totalItems": total.items,
        "totalPages": count_pages(page, total),
    }
    return figures | {"totalIsEstimate": True} if total.is_estimate else figures


def build_page_of_found(rows: list[Any], ordering: Ordering, asked: PageRequest, cursor: Cursor | None) -> Page:
    """Make a page of the rows that were found, which may be more than it has room for.

    Args:
        cursor: the one that the page lies next to, None for a numbered page; if it is backward, the nearest row is
            the first.
    """
    limit, has_more, found = asked.limit, len(rows) > asked.limit, rows[: asked.limit]
    if cursor is None:
        return build_page_with_cursors(found, ordering, asked, has_next=has_more, has_previous=asked.row_offset > 0)
    place = PageRequest(cursor.page, limit)
    if cursor.is_backward:
        return build_page_with_cursors(found[::-1], ordering, place, has_next=True, has_previous=has_more)
    return build_page_with_cursors(found, ordering, place, has_next=has_more, has_previous=True)


def _select_page_rows(
    rows: QuerySet[Any, Any], ordering: Ordering, asked: PageRequest, cursor: Cursor | None
) -> QuerySet[Any, Any]:
    """Select the rows of a page and one more, which tells that there are more."""
    if cursor is not None:
        return cursor.select_rows_beyond(rows)[: asked.limit + 1]
    start = asked.row_offset
    return rows.order_by(*ordering.order_by_columns)[start : start + asked.limit + 1]

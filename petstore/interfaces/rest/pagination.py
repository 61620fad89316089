"""Pages of a collection: numbered or by cursor, with links (contract, Collections)."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.http import QueryDict
from rest_framework.request import Request

from kernel.errors import Invalid
from petstore.interfaces.rest import cursors
from petstore.interfaces.rest.cursors import Cursor, Ordering
from petstore.interfaces.rest.identifiers import canonical_path
from petstore.interfaces.rest.totals import Total, count_rows
from petstore.interfaces.rest.viewsets import site_url

DEFAULT_LIMIT = 20
MAX_LIMIT = 100
MAX_OFFSET = 100_000
_NUMBER = re.compile(r"[0-9]{1,9}\Z")


@dataclass(frozen=True, slots=True)
class PageRequest:
    """Which page the caller asks for: a number, or a cursor's text."""

    page: int = 1
    limit: int = DEFAULT_LIMIT
    cursor: str | None = None

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.limit


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page, and where its neighbours are."""

    rows: list[Any]
    number: int
    next: Cursor | None
    previous: Cursor | None


@dataclass(frozen=True, slots=True)
class FirstPage:
    """The first rows of a list: one more than `limit`, where there are more."""

    rows: list[Any]
    limit: int
    total: Total


def read_page_request(query: QueryDict) -> PageRequest:
    """Read `page`, `limit` and `cursor` from a query string; raises Invalid."""
    limit = read_whole_number(query, "limit", default=DEFAULT_LIMIT, least=1, most=MAX_LIMIT)
    if "cursor" in query:
        if "page" in query:
            raise Invalid.for_field("cursor", "Give either a page or a cursor.", "invalid")
        return PageRequest(limit=limit, cursor=str(query["cursor"]))
    asked = PageRequest(read_whole_number(query, "page", default=1, least=1, most=10**9), limit)
    _check_depth(asked, "page")
    return asked


def _check_depth(asked: PageRequest, field: str) -> None:
    if asked.offset > MAX_OFFSET:
        message = "This page is too deep; follow links.next, whose cursor reaches any depth."
        raise Invalid.for_field(field, message, "page_too_deep")


def read_whole_number(query: QueryDict, name: str, *, default: int, least: int, most: int) -> int:
    """A number of a query string; raises Invalid where it is none or out of range."""
    if name not in query:
        return default
    text = str(query[name])
    if not _NUMBER.match(text) or not least <= int(text) <= most:
        raise Invalid.for_field(name, f"Give a whole number from {least} to {most}.", "out_of_range")
    return int(text)


def collection(  # noqa: PLR0913  # the parts of an answer
    request: Request,
    rows: QuerySet[Any],
    represent: Callable[[Any], dict[str, Any]],
    *,
    ordering: Ordering,
    asked: PageRequest | None = None,
    counted: Total | None = None,
) -> dict[str, Any]:
    """The envelope of a page of rows.

    Args:
        rows: everything that the caller's filters let through, in no order.
        represent: makes the answer's data of a row.
        asked: which page; by default the query string says it.
        counted: how many rows there are, where that is known already.
    """
    asked = asked or read_page_request(request._request.GET)
    page = (
        _read_numbered_page(rows, ordering, asked) if asked.cursor is None else _read_cursor_page(rows, ordering, asked)
    )
    return _build_envelope(request, page, counted or count_rows(rows), represent, asked.limit)


def is_unfiltered(request: Request) -> bool:
    """Whether the caller asks for some page of the whole list."""
    return request._request.GET.keys() <= {"limit", "page", "cursor"}


def is_first_page(request: Request) -> bool:
    """Whether the caller asks for the head of the whole list: no filter, no page, no cursor."""
    return request._request.GET.keys() <= {"limit"}


def build_first_page(
    request: Request, head: FirstPage, represent: Callable[[Any], dict[str, Any]], *, ordering: Ordering
) -> dict[str, Any]:
    """The envelope of a list's head that was read already."""
    rows, limit = head.rows[: head.limit], head.limit
    page = _build_page(rows, ordering, 1, has_next=len(head.rows) > limit, has_previous=False)
    return _build_envelope(request, page, head.total, represent, limit)


def _build_envelope(
    request: Request, page: Page, counted: Total, represent: Callable[[Any], dict[str, Any]], limit: int
) -> dict[str, Any]:
    return {
        "data": [represent(row) for row in page.rows],
        "pagination": _build_pagination(page.number, limit, counted),
        "links": _build_links(request, page, limit, counted),
    }


def _read_numbered_page(rows: QuerySet[Any], ordering: Ordering, asked: PageRequest) -> Page:
    start = asked.offset
    found = list(rows.order_by(*ordering.order_by_columns)[start : start + asked.limit + 1])
    return _build_page(
        found[: asked.limit], ordering, asked.page, has_next=len(found) > asked.limit, has_previous=start > 0
    )


def _read_cursor_page(rows: QuerySet[Any], ordering: Ordering, asked: PageRequest) -> Page:
    cursor = cursors.decode_cursor(asked.cursor or "", ordering, rows.model)
    found = list(cursor.seek_rows(rows)[: asked.limit + 1])
    has_more, found = len(found) > asked.limit, found[: asked.limit]
    if cursor.is_backward:
        return _build_page(found[::-1], ordering, cursor.page, has_next=True, has_previous=has_more)
    return _build_page(found, ordering, cursor.page, has_next=has_more, has_previous=True)


def _build_page(rows: list[Any], ordering: Ordering, number: int, *, has_next: bool, has_previous: bool) -> Page:
    if not rows:
        return Page(rows, number, None, None)
    first, last = rows[0], rows[-1]
    column = ordering.column
    following = Cursor(ordering, getattr(last, column), last.id, number + 1) if has_next else None
    earlier = Cursor(ordering, getattr(first, column), first.id, max(1, number - 1), is_backward=True)
    return Page(rows, number, following, earlier if has_previous else None)


def _build_pagination(page: int, limit: int, counted: Total) -> dict[str, Any]:
    figures: dict[str, Any] = {
        "page": page,
        "limit": limit,
        "totalItems": counted.items,
        "totalPages": -(-counted.items // limit),
    }
    if counted.is_estimate:
        figures["totalIsEstimate"] = True
    return figures


def _build_links(request: Request, page: Page, limit: int, counted: Total) -> dict[str, str | None]:
    pages = -(-counted.items // limit)
    last_is_near = pages > 0 and (pages - 1) * limit <= MAX_OFFSET and not counted.is_estimate
    return {
        "self": _link_current_page(request),
        "next": _build_link(request, cursor=page.next.encode_cursor()) if page.next else None,
        "prev": _link_previous_page(request, page, pages),
        "first": _build_link(request),
        "last": _build_link(request, page=str(pages)) if last_is_near else None,
    }


def _link_previous_page(request: Request, page: Page, pages: int) -> str | None:
    """The page before; from past the end, the last one."""
    if page.previous:
        return _build_link(request, cursor=page.previous.encode_cursor())
    is_past_the_end = not page.rows and page.number > 1 and "cursor" not in request._request.GET
    return _build_link(request, page=str(min(page.number - 1, pages))) if is_past_the_end and pages else None


def _link_current_page(request: Request) -> str:
    path, mark, query = request._request.get_full_path().partition("?")
    return f"{site_url(request)}{canonical_path(path)}{mark}{query}"


def _build_link(request: Request, **where: str) -> str:
    query = request._request.GET.copy()
    for name in ("page", "cursor"):
        query.pop(name, None)
    for name, value in where.items():
        query[name] = value
    encoded = query.urlencode()
    return f"{site_url(request)}{canonical_path(request.path)}{'?' if encoded else ''}{encoded}"

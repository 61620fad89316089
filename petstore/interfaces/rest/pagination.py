"""Page a collection by number or by cursor, with links (contract, Collections)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request

from petstore.interfaces.rest.cursors import OLDEST_FIRST, Cursor, Ordering, decode_cursor
from petstore.interfaces.rest.identifiers import lowercase_path_ids
from petstore.interfaces.rest.openapi import pages
from petstore.interfaces.rest.openapi.parameters import refer_to_parameters
from petstore.interfaces.rest.page_requests import MAX_OFFSET, PageRequest, read_page_request
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.representation import compile_representation
from petstore.interfaces.rest.serializers import OutputSerializer
from petstore.interfaces.rest.totals import Total, count_rows_bounded
from petstore.interfaces.rest.viewsets import ApiViewSet, build_site_url

Represent = Callable[[Any], dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Page:
    """The rows of a page, and the cursors of its neighbours."""

    rows: list[Any]
    number: int
    limit: int
    next: Cursor | None = None
    previous: Cursor | None = None


class CollectionPagination(BasePagination):
    """The paginator of every collection: it reads one page, and envelops what is made of its rows.

    Args:
        ordering: of the rows.
        asked: which page; by default the one that the query string asks for.
        total: how many rows there are, where that is known already.
    """

    def __init__(
        self, ordering: Ordering = OLDEST_FIRST, *, asked: PageRequest | None = None, total: Total | None = None
    ) -> None:
        self._ordering = ordering
        self._asked = asked
        self._total = total

    def paginate_queryset(  # type: ignore[override]  # every collection is a queryset
        self, queryset: QuerySet[Any], request: Request, view: object = None
    ) -> list[Any]:
        """Read the rows of the page: two statements, however many rows there are.

        Raises:
            Invalid: the query string asks for a page that cannot be.
        """
        asked = self._asked or read_page_request(request._request.GET)
        read = self._read_numbered_page if asked.cursor is None else self._read_cursor_page
        self.request, self.page = request, read(queryset, asked)
        self.total = self._total or count_rows_bounded(queryset)
        return self.page.rows

    def use_first_page(self, rows: Sequence[Any], request: Request, *, limit: int, total: Total) -> list[Any]:
        """Take the first page from rows that were read already: one more than `limit`, where there are more."""
        self.request, self.total = request, total
        self.page = self._build_page_with_cursors(
            rows[:limit], 1, limit, has_next=len(rows) > limit, has_previous=False
        )
        return self.page.rows

    def get_paginated_response(self, data: list[Any]) -> Response:  # type: ignore[override]  # ours is an HttpResponse
        """Envelop the data with the pagination and the links."""
        return Response(
            {"data": data, "pagination": self._build_pagination_figures(), "links": self.build_page_links()}
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the envelope for drf-spectacular."""
        return pages.describe_collection_page(schema)

    def get_schema_operation_parameters(self, view: object) -> list[dict[str, Any]]:
        """Describe the query parameters for drf-spectacular."""
        return refer_to_parameters(*pages.PARAMETERS)

    def build_page_links(self) -> dict[str, str | None]:
        """Return the absolute URLs of this page and its neighbours."""
        page, count = self.page, self._page_count
        last_is_near = count > 0 and (count - 1) * page.limit <= MAX_OFFSET and not self.total.is_estimate
        return {
            "self": self.link_current_page(),
            "next": self._build_page_link(cursor=page.next.encode_cursor()) if page.next else None,
            "prev": self._link_previous_page(),
            "first": self._build_page_link(),
            "last": self._build_page_link(page=str(count)) if last_is_near else None,
        }

    def link_current_page(self) -> str:
        """Return the URL of this page as it was asked for."""
        path, mark, query = self.request._request.get_full_path().partition("?")
        return f"{build_site_url(self.request)}{lowercase_path_ids(path)}{mark}{query}"

    @property
    def _page_count(self) -> int:
        return -(-self.total.items // self.page.limit)

    def _read_numbered_page(self, rows: QuerySet[Any], asked: PageRequest) -> Page:
        start, limit = asked.row_offset, asked.limit
        found = list(rows.order_by(*self._ordering.order_by_columns)[start : start + limit + 1])
        return self._build_page_with_cursors(
            found[:limit], asked.page, limit, has_next=len(found) > limit, has_previous=start > 0
        )

    def _read_cursor_page(self, rows: QuerySet[Any], asked: PageRequest) -> Page:
        limit, cursor = asked.limit, decode_cursor(asked.cursor or "", self._ordering, rows.model)
        found = list(cursor.select_rows_beyond(rows)[: limit + 1])
        has_more, found = len(found) > limit, found[:limit]
        if cursor.is_backward:
            return self._build_page_with_cursors(found[::-1], cursor.page, limit, has_next=True, has_previous=has_more)
        return self._build_page_with_cursors(found, cursor.page, limit, has_next=has_more, has_previous=True)

    def _build_page_with_cursors(
        self, rows: Sequence[Any], number: int, limit: int, *, has_next: bool, has_previous: bool
    ) -> Page:
        """Make a page of its rows, with cursors where there are more behind and before them."""
        if not rows:
            return Page([], number, limit)
        following = self._ordering.place_cursor_at_row(rows[-1], page=number + 1)
        earlier = self._ordering.place_cursor_at_row(rows[0], page=max(1, number - 1), is_backward=True)
        return Page(list(rows), number, limit, following if has_next else None, earlier if has_previous else None)

    def _build_pagination_figures(self) -> dict[str, Any]:
        figures = {
            "page": self.page.number,
            "limit": self.page.limit,
            "totalItems": self.total.items,
            "totalPages": self._page_count,
        }
        return figures | {"totalIsEstimate": True} if self.total.is_estimate else figures

    def _link_previous_page(self) -> str | None:
        """Return the URL of the page before; from past the end, of the last one."""
        page, count = self.page, self._page_count
        if page.previous:
            return self._build_page_link(cursor=page.previous.encode_cursor())
        is_past_the_end = not page.rows and page.number > 1 and "cursor" not in self.request._request.GET
        return self._build_page_link(page=str(min(page.number - 1, count))) if is_past_the_end and count else None

    def _build_page_link(self, **where: str) -> str:
        query = self.request._request.GET.copy()
        for name in ("page", "cursor"):
            query.pop(name, None)
        for name, value in where.items():
            query[name] = value
        encoded = query.urlencode()
        return f"{build_site_url(self.request)}{lowercase_path_ids(self.request.path)}{'?' if encoded else ''}{encoded}"


class SearchPagination(CollectionPagination):
    """The paginator of a search in a body, which no link can carry: `self` is the only one."""

    def build_page_links(self) -> dict[str, str | None]:
        return {"self": self.link_current_page(), "next": None, "prev": None, "first": None, "last": None}


class PaginatedViewSet(ApiViewSet):
    """A viewset whose list comes in pages.

    Attributes:
        ordering: of the list.
    """

    serializer_class: type[OutputSerializer]
    pagination_class = CollectionPagination
    ordering: ClassVar[Ordering] = OLDEST_FIRST

    def respond_with_page(
        self,
        rows: QuerySet[Any],
        *,
        represent: Represent | None = None,
        paginator: CollectionPagination | None = None,
    ) -> Response:
        """Return the page that the caller asks for.

        Args:
            rows: everything that the caller's filters let through, in no order.
            represent: makes the response's data of a row; by default `serializer_class` says how.
            paginator: by default one with the viewset's ordering.
        """
        represent = represent or compile_representation(self.serializer_class)
        paginator = paginator or CollectionPagination(self.ordering)
        page = paginator.paginate_queryset(rows, self.request, self)
        return paginator.get_paginated_response([represent(row) for row in page])

"""Page a collection by number or by cursor, with links (contract, Collections)."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request

from petstore.interfaces.http.site_address import build_site_url
from petstore.interfaces.representation.collections import (
    MakeRow,
    Page,
    build_page_with_cursors,
    build_pagination_figures,
    count_pages,
    read_collection_page,
)
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.cursors import OLDEST_FIRST, Ordering
from petstore.interfaces.representation.page_requests import MAX_OFFSET, PageRequest, read_page_request
from petstore.interfaces.representation.serializers import OutputSerializer
from petstore.interfaces.representation.totals import Total, count_rows_bounded
from petstore.interfaces.rest.identifiers import lowercase_path_ids
from petstore.interfaces.rest.openapi import pages
from petstore.interfaces.rest.openapi.parameters import refer_to_parameters
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.viewsets import ApiViewSet

_PLACES = {"page", "cursor"}
"""The query parameters that say which page is meant."""
Represent = Callable[[Any], dict[str, Any]]


class CollectionPagination(BasePagination):
    """The paginator of every collection: it reads one page, and envelops what is made of its rows.

    Args:
        ordering: of the rows.
        make_row: as for `read_collection_page`.
        asked: which page; by default the one that the query string asks for.
        total: how many rows there are, where that is known already.
    """

    def __init__(
        self,
        ordering: Ordering = OLDEST_FIRST,
        *,
        make_row: MakeRow | None = None,
        asked: PageRequest | None = None,
        total: Total | None = None,
    ) -> None:
        self._ordering, self._make_row = ordering, make_row
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
        self.request, self.page = request, read_collection_page(queryset, self._ordering, asked, self._make_row)
        self.total = self._total or self._count_short_list() or count_rows_bounded(queryset)
        return self.page.rows

    def _count_short_list(self) -> Total | None:
        """Return the number of rows where the page shows all of them, which nothing need count again."""
        is_whole = self.page.next is None and self.page.previous is None
        return Total(len(self.page.rows)) if is_whole and self.page.number == 1 else None

    def use_page(self, page: Page, total: Total, request: Request) -> list[Any]:
        """Take a page that was read already."""
        self.request, self.page, self.total = request, page, total
        return page.rows

    def use_first_page(self, rows: Sequence[Any], request: Request, *, limit: int, total: Total) -> list[Any]:
        """Take the first page from rows that were read already: one more than `limit`, where there are more."""
        self.request, self.total = request, total
        self.page = build_page_with_cursors(
            rows[:limit], self._ordering, PageRequest(limit=limit), has_next=len(rows) > limit, has_previous=False
        )
        return self.page.rows

    def get_paginated_response(self, data: list[Any]) -> Response:  # type: ignore[override]  # ours is an HttpResponse
        """Envelop the data with the pagination and the links."""
        return Response(
            {
                "data": data,
                "pagination": build_pagination_figures(self.page, self.total),
                "links": self.build_page_links(),
            }
        )

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """Describe the envelope for drf-spectacular."""
        return pages.describe_collection_page(schema)

    def get_schema_operation_parameters(self, view: object) -> list[dict[str, Any]]:
        """Describe the query parameters for drf-spectacular."""
        return refer_to_parameters(*pages.PARAMETERS)

    def build_page_links(self) -> dict[str, str | None]:
        """Return the absolute URLs of this page and its neighbours."""
        page, count = self.page, count_pages(self.page, self.total)
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
        return f"{build_site_url(self.request._request)}{lowercase_path_ids(path)}{mark}{query}"

    def _link_previous_page(self) -> str | None:
        """Return the URL of the page before; from past the end, of the last one."""
        page, count = self.page, count_pages(self.page, self.total)
        if page.previous:
            return self._build_page_link(cursor=page.previous.encode_cursor())
        is_past_the_end = not page.rows and page.number > 1 and "cursor" not in self.request._request.GET
        return self._build_page_link(page=str(min(page.number - 1, count))) if is_past_the_end and count else None

    def _build_page_link(self, **where: str) -> str:
        page, query = self._link_parts
        encoded = "&".join(part for part in (query, urlencode(where)) if part)
        return f"{page}?{encoded}" if encoded else page

    @cached_property
    def _link_parts(self) -> tuple[str, str]:
        """The address of the list and its filters, as every link has them."""
        request = self.request._request
        query = ""
        if not request.GET.keys() <= _PLACES:
            kept = request.GET.copy()
            for name in _PLACES:
                kept.pop(name, None)
            query = kept.urlencode()
        return f"{build_site_url(request)}{lowercase_path_ids(request.path)}", query


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

    def respond_with_read_page(self, page: Page, total: Total, *, represent: Represent | None = None) -> Response:
        """Return a page that was read already.

        Args:
            represent: as for `respond_with_page`.
        """
        represent = represent or compile_representation(self.serializer_class)
        paginator = CollectionPagination()
        rows = paginator.use_page(page, total, self.request)
        return paginator.get_paginated_response([represent(row) for row in rows])

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

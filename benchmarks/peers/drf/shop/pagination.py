"""DRF's page number pagination in the contract's envelope."""

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page
from rest_framework.pagination import PageNumberPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param


class EnvelopePagination(PageNumberPagination):
    """`data`, `pagination` and `links`, as the contract's section 1 has them."""

    page: Page[Any]
    request: Request
    page_size_query_param = "limit"
    max_page_size = 100

    def get_paginated_response(self, data: Sequence[object]) -> Response:
        """Answer the envelope around one page."""
        paginator = self.page.paginator
        return Response(
            {
                "data": data,
                "pagination": {
                    "page": self.page.number,
                    "limit": paginator.per_page,
                    "totalItems": paginator.count,
                    "totalPages": paginator.num_pages,
                },
                "links": {
                    "self": self.request.build_absolute_uri(),
                    "next": self.get_next_link(),
                    "prev": self.get_previous_link(),
                    "first": self._link(1),
                    "last": self._link(paginator.num_pages),
                },
            }
        )

    def _link(self, page: int) -> str:
        return replace_query_param(self.request.build_absolute_uri(), self.page_query_param, page)

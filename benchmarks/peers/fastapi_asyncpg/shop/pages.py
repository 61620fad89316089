"""Answers, and one page of a collection in the contract's envelope."""

from typing import Annotated, Any
from uuid import UUID

import orjson
from fastapi import Depends, Header, Response
from pydantic import BaseModel, Field
from starlette.datastructures import URL

SHARED_POOL = "00000000-0000-0000-0000-000000000001"


def scope_of(x_tenant_id: Annotated[UUID | None, Header()] = None) -> str:
    """Read the tenant's header; without one it is the shared pool."""
    return str(x_tenant_id) if x_tenant_id else SHARED_POOL


Scope = Annotated[str, Depends(scope_of)]


class PageQuery(BaseModel):
    """Which page of the rows of a status."""

    page: Annotated[int, Field(ge=1)] = 1
    limit: Annotated[int, Field(ge=1, le=100)] = 20
    status: str | None = None


def answer(content: Any, status: int = 200) -> Response:
    """Answer JSON."""
    return Response(orjson.dumps(content), status, media_type="application/json")


def page_of(data: list[Any], total: int, query: PageQuery, url: URL, *, has_links: bool = True) -> Response:
    """Answer one page; that of a search has no links but to itself."""
    page, pages = query.page, max(1, -(-total // query.limit))

    def at(number: int) -> str | None:
        return str(url.include_query_params(page=number)) if has_links and 1 <= number <= pages else None

    return answer(
        {
            "data": data,
            "pagination": {"page": page, "limit": query.limit, "totalItems": total, "totalPages": pages},
            "links": {
                "self": str(url),
                "next": at(page + 1),
                "prev": at(page - 1),
                "first": at(1),
                "last": at(pages),
            },
        }
    )

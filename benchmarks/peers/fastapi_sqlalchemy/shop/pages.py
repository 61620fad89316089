"""One page of a collection in the contract's envelope."""

from typing import Any, TypeVar

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import URL

from shop.schemas import Links, PageQuery, Pagination

Row = TypeVar("Row")


async def read_page(
    session: AsyncSession, rows: Select[Row], ordering: tuple[Any, ...], query: PageQuery
) -> tuple[list[Any], Pagination]:
    """Read one page and count the whole."""
    total = await session.scalar(select(func.count()).select_from(rows.subquery())) or 0
    ordered = rows.order_by(*ordering).limit(query.limit).offset((query.page - 1) * query.limit)
    pages = max(1, -(-total // query.limit))
    found = list(await session.scalars(ordered))
    return found, Pagination(page=query.page, limit=query.limit, total_items=total, total_pages=pages)


def links_of(pagination: Pagination, url: URL) -> Links:
    """Point at the pages around this one."""

    def at(number: int) -> str:
        return str(url.include_query_params(page=number))

    page, pages = pagination.page, pagination.total_pages
    return Links(
        self=str(url),
        next=at(page + 1) if page < pages else None,
        prev=at(page - 1) if page > 1 else None,
        first=at(1),
        last=at(pages),
    )

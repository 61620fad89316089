"""One page of a collection in the contract's envelope."""

from sqlalchemy import Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import URL

from shop.models import Order
from shop.schemas import Links, OrderCollection, OrderOut, PageQuery, Pagination


async def page_of(session: AsyncSession, orders: Select[Order], query: PageQuery, url: URL) -> OrderCollection:
    """Read one page and count the whole."""
    total = await session.scalar(select(func.count()).select_from(orders.subquery())) or 0
    newest = orders.order_by(Order.created_at.desc(), Order.id.desc())
    rows = await session.scalars(newest.limit(query.limit).offset((query.page - 1) * query.limit))
    pages = max(1, -(-total // query.limit))
    return OrderCollection(
        data=[OrderOut.model_validate(row) for row in rows],
        pagination=Pagination(page=query.page, limit=query.limit, total_items=total, total_pages=pages),
        links=links_of(query.page, pages, url),
    )


def links_of(page: int, pages: int, url: URL) -> Links:
    """Point at the pages around this one."""

    def at(number: int) -> str:
        return str(url.include_query_params(page=number))

    return Links(
        self=str(url),
        next=at(page + 1) if page < pages else None,
        prev=at(page - 1) if page > 1 else None,
        first=at(1),
        last=at(pages),
    )

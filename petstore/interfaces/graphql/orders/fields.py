"""The fields of `Query` that read orders (contract, Orders)."""

from typing import Any, Final

from django.db.models import QuerySet

from kernel.actor import Actor
from orders.errors import OrderNotFound
from orders.models import Order
from orders.queries import count_listed_orders, fetch_newest_orders, get_order, list_orders
from petstore.interfaces.graphql.arguments import Arguments, read_id, read_page
from petstore.interfaces.graphql.bindings import FieldInfo, TypeBinding
from petstore.interfaces.graphql.connections import Connection, read_window
from petstore.interfaces.graphql.faults import rename_faults
from petstore.interfaces.graphql.orders.types import OrderSource
from petstore.interfaces.graphql.siblings import make_single_source, make_sources
from petstore.interfaces.representation.cursors import NEWEST_FIRST
from petstore.interfaces.representation.filters import filter_by_query, write_as_query
from petstore.interfaces.representation.order_filters import OrderFilter
from petstore.interfaces.representation.totals import (
    EXACT_UP_TO,
    Total,
    complete_bounded_count,
    count_rows_bounded,
)


def resolve_orders(_root: object, info: FieldInfo, **arguments: Any) -> list[Any]:
    """Return one page of orders; the first one of the whole list, which is read most, by a compiled query."""
    actor = info.context.admit_to(list_orders)
    page, criteria = read_page(arguments), _write_order_query(arguments)
    if not criteria and page.row_offset == 0:
        return make_sources(fetch_newest_orders(actor, limit=page.limit + 1)[: page.limit])
    rows = _filter_orders(actor, criteria).order_by(*NEWEST_FIRST.order_by_columns)
    return make_sources(rows[page.row_offset : page.row_offset + page.limit])


def resolve_orders_connection(_root: object, info: FieldInfo, **arguments: Any) -> Connection:
    """Return a window of the orders."""
    actor = info.context.admit_to(list_orders)
    criteria = _write_order_query(arguments)
    rows = _filter_orders(actor, criteria)
    window = read_window(arguments, NEWEST_FIRST, rows)
    return Connection(rows, NEWEST_FIRST, window, lambda: _count_orders(actor, rows, is_filtered=bool(criteria)))


def resolve_order(_root: object, info: FieldInfo, **arguments: Any) -> OrderSource:
    """Return one order."""
    actor = info.context.admit_to(get_order)
    return make_single_source(get_order(read_id(arguments, OrderNotFound), actor=actor))


def _write_order_query(arguments: Arguments) -> dict[str, str]:
    """Write the filter as REST's query string."""
    return write_as_query(arguments.get("filter") or {})


def _filter_orders(actor: Actor, criteria: dict[str, str]) -> QuerySet[Order]:
    with rename_faults(lambda name: f"filter.{name}"):
        return filter_by_query(OrderFilter, criteria, list_orders(actor))


def _count_orders(actor: Actor, rows: QuerySet[Order], *, is_filtered: bool) -> Total:
    if is_filtered:
        return count_rows_bounded(rows)
    return complete_bounded_count(count_listed_orders(actor, up_to=EXACT_UP_TO + 1), lambda: rows)


TYPES: Final = (
    TypeBinding(
        "Query",
        resolvers={
            "orders": resolve_orders,
            "ordersConnection": resolve_orders_connection,
            "order": resolve_order,
        },
    ),
)

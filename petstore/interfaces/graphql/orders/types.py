"""The types of orders (contract, Order)."""

from collections import defaultdict
from collections.abc import Sequence
from operator import attrgetter
from typing import Any, Final
from uuid import UUID

from orders.models import Order, OrderTransition
from orders.queries import OrderRow, list_order_transitions, list_transitions_of_orders
from pets.queries import fetch_pets_by_ids
from petstore.interfaces.graphql.accounts.types import UserSource, find_users
from petstore.interfaces.graphql.bindings import FieldInfo, Relation, TypeBinding
from petstore.interfaces.graphql.connections import CONNECTION_RESOLVERS
from petstore.interfaces.graphql.contexts import CallContext
from petstore.interfaces.graphql.pets.types import PetSource
from petstore.interfaces.graphql.siblings import Source, make_sources
from petstore.interfaces.representation.compilation import compile_field_readers
from petstore.interfaces.representation.etags import format_version_etag
from petstore.interfaces.representation.orders import OrderOutput, TransitionOutput

OrderSource = Source[Order] | Source[OrderRow]
Orders = Sequence[Order | OrderRow]


def load_pets(orders: Orders, _context: CallContext) -> dict[UUID, PetSource]:
    """Return the pets of all these orders, which whoever may read the orders may see."""
    return {source.row.id: source for source in make_sources(fetch_pets_by_ids({order.pet_id for order in orders}))}


def load_users(orders: Orders, context: CallContext) -> dict[UUID, UserSource]:
    """Return those of the orders' customers whose accounts the caller may read."""
    return find_users([order.user_id for order in orders if order.user_id is not None], context)


def load_transitions(orders: Orders, context: CallContext) -> dict[UUID, list[Source[OrderTransition]]]:
    """Return the histories of all these orders, by the rights of REST's list."""
    context.admit_to(list_order_transitions)
    found: dict[UUID, list[Source[OrderTransition]]] = defaultdict(list)
    for source in make_sources(list_transitions_of_orders([order.id for order in orders])):
        found[source.row.order_id].append(source)
    return found


def resolve_user(source: OrderSource, info: FieldInfo) -> UserSource | None:
    """Return the order's customer; None where it has none, and for whoever may not read the account."""
    user_id = source.row.user_id
    return None if user_id is None else source.batch.load_once(load_users, info.context).get(user_id)


def resolve_history(source: OrderSource, info: FieldInfo) -> list[Source[OrderTransition]]:
    """Return the order's transitions."""
    return source.batch.load_once(load_transitions, info.context).get(source.row.id, [])


_RESOLVERS: Final[dict[str, Any]] = {
    "pet": Relation(load_pets, attrgetter("pet_id")),
    "user": resolve_user,
    "history": resolve_history,
}
_COLUMNS: Final = compile_field_readers(OrderOutput) | {"etag": lambda order: format_version_etag(order.version)}

TYPES: Final = (
    TypeBinding("Order", _COLUMNS, _RESOLVERS),
    TypeBinding("OrderTransition", compile_field_readers(TransitionOutput)),
    TypeBinding("OrderConnection", resolvers=CONNECTION_RESOLVERS),
)

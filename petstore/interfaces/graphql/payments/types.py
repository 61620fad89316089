"""The types of payments, and the payments of an order (contract, OrderPayment)."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from orders.models import Order
from orders.queries import OrderRow
from payments import bank_accounts, cards
from payments.models import Payment
from payments.queries import list_order_payments, list_payments_of_orders
from petstore.interfaces.graphql.bindings import FieldInfo, TypeBinding, UnionBinding
from petstore.interfaces.graphql.contexts import CallContext
from petstore.interfaces.graphql.orders.types import OrderSource
from petstore.interfaces.graphql.siblings import Source, make_sources
from petstore.interfaces.representation.compilation import compile_field_readers
from petstore.interfaces.representation.payments import PaymentOutput

PaymentSource = Source[Payment]
MASKED_ROUTING_NUMBER: Final = "*" * 9
"""Of a routing number nothing is kept."""
_TYPE_OF_OBJECT: Final = {cards.OBJECT: "CardSource", bank_accounts.OBJECT: "BankAccountSource"}


def load_payments(orders: Sequence[Order | OrderRow], context: CallContext) -> dict[UUID, list[PaymentSource]]:
    """Return the payments of all these orders, by the rights of REST's list."""
    context.admit_to(list_order_payments)
    found: dict[UUID, list[PaymentSource]] = defaultdict(list)
    for source in make_sources(list_payments_of_orders([order.id for order in orders])):
        found[source.row.order_id].append(source)
    return found


def resolve_payments(source: OrderSource, info: FieldInfo) -> list[PaymentSource]:
    """Return the order's payments."""
    return source.batch.load_once(load_payments, info.context).get(source.row.id, [])


def resolve_source(source: PaymentSource, _info: FieldInfo) -> dict[str, Any]:
    """Return the masked source of a payment."""
    shown: dict[str, Any] = _READERS["source"](source.row)
    return shown


def resolve_source_type(source: dict[str, Any], _info: FieldInfo, _union: object) -> str:
    """Return the type of a masked source."""
    return _TYPE_OF_OBJECT[source["object"]]


def resolve_routing_number(_source: dict[str, Any], _info: FieldInfo) -> str:
    """Return a mask."""
    return MASKED_ROUTING_NUMBER


_READERS: Final = compile_field_readers(PaymentOutput)

TYPES: Final = (
    TypeBinding("Order", resolvers={"payments": resolve_payments}),
    TypeBinding(
        "Payment",
        {name: read for name, read in _READERS.items() if name != "source"},
        {"source": resolve_source},
    ),
    UnionBinding("PaymentSource", resolve_source_type),
    TypeBinding("BankAccountSource", resolvers={"routingNumber": resolve_routing_number}),
)

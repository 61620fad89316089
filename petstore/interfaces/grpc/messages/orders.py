"""Orders as messages; what REST shows as null is absent (contract, Order; gRPC)."""

from collections.abc import Mapping
from typing import Any

from kernel import money
from orders.models import Order
from petstore.interfaces.grpc.enum_words import ORDER_STATUS
from petstore.interfaces.grpc.messages.timestamps import parse_timestamp, set_timestamp
from petstore.interfaces.grpc.stubs import orders_pb2
from petstore.interfaces.representation.etags import format_version_etag
from tenants.scoping import public_tenant_id


def build_order(order: Order) -> orders_pb2.Order:
    """Build the message of an order straight from its row: this is what is read most."""
    tenant_id = public_tenant_id(order.tenant_id)
    message = orders_pb2.Order(
        id=str(order.id),
        pet_id=str(order.pet_id),
        user_id=str(order.user_id) if order.user_id else None,
        status=ORDER_STATUS.numbers[order.status],
        total_amount=money.format_amount(order.total_amount),
        currency=order.currency,
        tenant_id=str(tenant_id) if tenant_id else None,
        etag=format_version_etag(order.version),
    )
    set_timestamp(message.created_at, order.created_at)
    set_timestamp(message.updated_at, order.updated_at)
    return message


def build_represented_order(represented: Mapping[str, Any], *, etag: str | None = None) -> orders_pb2.Order:
    """Build the message of an order as it was represented in JSON: for a replay, or in an event."""
    return orders_pb2.Order(
        id=represented["id"],
        pet_id=represented["petId"],
        user_id=represented["userId"],
        status=ORDER_STATUS.numbers[represented["status"]],
        total_amount=represented["totalAmount"],
        currency=represented["currency"],
        created_at=parse_timestamp(represented["createdAt"]),
        updated_at=parse_timestamp(represented["updatedAt"]),
        tenant_id=represented["tenantId"],
        etag=etag,
    )

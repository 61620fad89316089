"""The events of an order as messages: the webhook's envelopes (contract, gRPC, Webhooks)."""

from typing import Any

from petstore.interfaces.grpc.enum_words import ORDER_STATUS
from petstore.interfaces.grpc.messages.orders import build_represented_order
from petstore.interfaces.grpc.messages.payments import build_payment, build_receipt
from petstore.interfaces.grpc.messages.timestamps import parse_timestamp
from petstore.interfaces.grpc.stubs import orders_pb2
from petstore.interfaces.live.feed import FeedItem
from public_events.event_types import EventType


def build_order_event(item: FeedItem) -> orders_pb2.OrderEvent:
    """Build the message of an event of an order's feed."""
    event = orders_pb2.OrderEvent(
        event_id=str(item.id), event_type=item.event_type, timestamp=parse_timestamp(item.timestamp)
    )
    if item.event_type == EventType.PAYMENT_SUCCEEDED:
        event.payment_succeeded.MergeFrom(_build_payment_succeeded(item.data))
    elif item.event_type == EventType.PAYMENT_FAILED:
        event.payment_failed.MergeFrom(_build_payment_failed(item.data))
    else:
        event.order_status_changed.MergeFrom(_build_status_change(item.data))
    return event


def _build_status_change(data: dict[str, Any]) -> orders_pb2.OrderStatusChanged:
    return orders_pb2.OrderStatusChanged(
        order=build_represented_order(data["order"]),
        previous_status=ORDER_STATUS.numbers[data["previousStatus"] or ""],
        new_status=ORDER_STATUS.numbers[data["newStatus"]],
        changed_at=parse_timestamp(data["changedAt"]),
        changed_by=data["changedBy"],
    )


def _build_payment_succeeded(data: dict[str, Any]) -> orders_pb2.PaymentSucceeded:
    return orders_pb2.PaymentSucceeded(
        payment=build_payment(data["payment"]),
        order=build_represented_order(data["order"]),
        receipt=build_receipt(data["receipt"]),
    )


def _build_payment_failed(data: dict[str, Any]) -> orders_pb2.PaymentFailed:
    return orders_pb2.PaymentFailed(
        payment=build_payment(data["payment"]), order=build_represented_order(data["order"])
    )

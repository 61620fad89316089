"""Requests to pay, made of what REST's tests send."""

from typing import Any

from google.protobuf.json_format import ParseDict

from orders.models import Order
from petstore.interfaces.grpc.stubs.orders_pb2 import PayOrderRequest
from tests.payments.sources import card


def pay_request(order: Order, source: dict[str, Any] | None = None, **changed: Any) -> PayOrderRequest:
    """A request that pays the order from a source such as REST takes, by default a card."""
    request = PayOrderRequest(id=str(order.id), amount=f"{order.total_amount:.2f}", currency=order.currency)
    given = dict(source or card())
    kind = given.pop("object")
    if "accountType" in given:
        given["accountType"] = f"BANK_ACCOUNT_TYPE_{given['accountType']}"
    ParseDict({"card" if kind == "card" else "bankAccount": given}, request)
    request.MergeFrom(PayOrderRequest(**changed))
    return request

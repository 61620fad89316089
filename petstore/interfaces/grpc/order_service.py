"""The unary methods of OrderService (contract, Orders, Payments; gRPC)."""

from typing import Any, Final
from uuid import UUID

import orjson
from django.views.decorators.debug import sensitive_variables
from google.protobuf.message import Message
from rest_framework.exceptions import APIException

from idempotency.requests import IdempotentRequest, identify_principal
from idempotency.services import ReplayableResponse, run_once, run_with_recovery
from kernel.errors import DomainError
from orders.errors import OrderNotFound
from orders.models import Order
from orders.queries import count_listed_orders, get_order, list_orders
from orders.services.placement import place_order
from payments.services.order_transitions import cancel_order
from payments.services.payment import pay_order
from petstore.interfaces.grpc.field_names import rename_faults
from petstore.interfaces.grpc.messages.orders import build_order, build_represented_order
from petstore.interfaces.grpc.messages.payments import build_payment
from petstore.interfaces.grpc.methods import Call
from petstore.interfaces.grpc.requests.orders import describe_new_order, describe_order_query
from petstore.interfaces.grpc.requests.pages import name_list_field, read_asked_page
from petstore.interfaces.grpc.requests.payments import describe_new_payment, name_payment_fields
from petstore.interfaces.grpc.requests.values import parse_row_id
from petstore.interfaces.grpc.stubs import orders_pb2, payments_pb2
from petstore.interfaces.representation.collections import read_collection_page
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.cursors import NEWEST_FIRST
from petstore.interfaces.representation.etags import format_version_etag, parse_expected_version
from petstore.interfaces.representation.filters import filter_by_query
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.representation.order_filters import OrderFilter
from petstore.interfaces.representation.orders import OrderInput, OrderOutput
from petstore.interfaces.representation.payments import PaymentInput, PaymentOutput
from petstore.interfaces.representation.totals import EXACT_UP_TO, Total, complete_bounded_count, count_rows_bounded
from tenants.scoping import current_scope

CREATED: Final = 201
"""The status of a stored response; REST's, since the store of responses wants one."""
ETAG: Final = "ETag"


def show_order(request: orders_pb2.GetOrderRequest, call: Call) -> orders_pb2.Order:
    """Return one order."""
    return build_order(get_order(parse_row_id(request.id, OrderNotFound), actor=call.actor))


def show_orders(request: orders_pb2.ListOrdersRequest, call: Call) -> orders_pb2.ListOrdersResponse:
    """Return one page of the orders that the caller may see, newest first."""
    query = describe_order_query(request)
    with rename_faults(name_list_field):
        asked = read_asked_page(request)
        rows = filter_by_query(OrderFilter, query, list_orders(call.actor))
        page = read_collection_page(rows, NEWEST_FIRST, asked)
    total = count_rows_bounded(rows) if query else _count_all_orders(call)
    return orders_pb2.ListOrdersResponse(
        orders=map(build_order, page.rows),
        total=total.items,
        page=page.number,
        limit=page.limit,
        next_page_token=page.next.encode_cursor() if page.next else None,
    )


def create_order(request: orders_pb2.CreateOrderRequest, call: Call) -> orders_pb2.Order:
    """Place an order, once for each idempotency key."""
    once = _identify_request(request, call, "grpc.create_order")
    if once is None:
        return build_order(_place_order(request, call))

    def place_and_represent() -> ReplayableResponse:
        order = _place_order(request, call)
        body = render_json_bytes(compile_representation(OrderOutput)(order))
        return ReplayableResponse(CREATED, body, {ETAG: format_version_etag(order.version)})

    stored = run_once(once, place_and_represent)
    call.is_replay = stored.is_replay
    return build_represented_order(orjson.loads(stored.body), etag=stored.headers[ETAG])


def cancel_placed_order(request: orders_pb2.CancelOrderRequest, call: Call) -> orders_pb2.Order:
    """Cancel an order and return it."""
    order_id, expected = parse_row_id(request.id, OrderNotFound), parse_expected_version(request.etag)
    return build_order(cancel_order(order_id=order_id, actor=call.actor, expected_version=expected))


@sensitive_variables()
def pay_placed_order(request: orders_pb2.PayOrderRequest, call: Call) -> payments_pb2.Payment:
    """Pay an order, once for each idempotency key; what is stored and replayed is masked."""
    order_id = parse_row_id(request.id, OrderNotFound)
    once = _identify_request(request, call, "grpc.pay_order", target=order_id)

    def pay_and_represent(effect_id: UUID | None) -> ReplayableResponse:
        return ReplayableResponse(CREATED, _pay_order(request, order_id, call, effect_id))

    if once is None or current_scope().is_provisional:  # a tenant without a row has nothing to have an effect on
        stored = pay_and_represent(None)
    else:
        stored = run_with_recovery(once, pay_and_represent, refusals=(DomainError, APIException))
    call.is_replay = stored.is_replay
    return build_payment(orjson.loads(stored.body))


def _place_order(request: orders_pb2.CreateOrderRequest, call: Call) -> Order:
    with rename_faults():
        body = OrderInput.validate_request_body(describe_new_order(request))
        return place_order(pet_id=body["petId"], customer_id=body.get("userId"), actor=call.actor)


@sensitive_variables()
def _pay_order(request: orders_pb2.PayOrderRequest, order_id: UUID, call: Call, payment_id: UUID | None) -> bytes:
    """Pay an order and return the payment as REST represents it."""
    with rename_faults(name_payment_fields(request)):
        body: dict[str, Any] = PaymentInput.validate_request_body(describe_new_payment(request))
        payment = pay_order(order_id=order_id, **body, actor=call.actor, payment_id=payment_id)
    return render_json_bytes(compile_representation(PaymentOutput)(payment))


@sensitive_variables()
def _identify_request(
    request: Message, call: Call, operation: str, target: UUID | None = None
) -> IdempotentRequest | None:
    """Return what is to be done once; None without an idempotency key. Of the request only a keyed digest is kept."""
    if call.idempotency_key is None:
        return None
    return IdempotentRequest(
        principal=identify_principal(call.actor),
        operation=operation,
        target=target,
        key=call.idempotency_key,
        content=request.SerializeToString(deterministic=True),
    )


def _count_all_orders(call: Call) -> Total:
    """Count the orders of the caller's whole list."""
    counted = count_listed_orders(call.actor, up_to=EXACT_UP_TO + 1)
    return complete_bounded_count(counted, lambda: list_orders(call.actor))

"""Requests about orders, in the words of REST's bodies and query strings (contract, Orders; gRPC)."""

from petstore.interfaces.grpc.enum_words import ORDER_STATUS
from petstore.interfaces.grpc.requests.values import keep_given_values, write_moment
from petstore.interfaces.grpc.stubs import orders_pb2


def describe_new_order(request: orders_pb2.CreateOrderRequest) -> dict[str, str]:
    """Return a new order as REST's body has it."""
    return keep_given_values({"petId": request.pet_id or None, "userId": request.user_id or None})


def describe_order_query(request: orders_pb2.ListOrdersRequest) -> dict[str, str]:
    """Return the query string that asks REST for the same list."""
    asked = {
        "status": ORDER_STATUS.describe_number(request.status),
        "petId": request.pet_id or None,
        "userId": request.user_id or None,
        "createdFrom": write_moment(request, "created_from"),
        "createdTo": write_moment(request, "created_to"),
    }
    return keep_given_values(asked)

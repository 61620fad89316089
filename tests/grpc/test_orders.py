"""Orders over gRPC (contract, Orders; gRPC)."""

import pytest

from accounts.models import User
from pets.models import Pet
from petstore.interfaces.grpc.stubs.orders_pb2 import CreateOrderRequest, GetOrderRequest
from tests.client import Client
from tests.grpc.calling import as_json, call_method

pytestmark = pytest.mark.django_db


def test_an_order_that_is_placed_is_the_one_that_is_read(alice: User, rex: Pet) -> None:
    placed = call_method("OrderService/CreateOrder", CreateOrderRequest(pet_id=str(rex.id)), alice)
    assert call_method("OrderService/GetOrder", GetOrderRequest(id=placed.id), alice) == placed


def test_an_order_is_rest_s(api: Client, alice: User, rex: Pet) -> None:
    placed = call_method("OrderService/CreateOrder", CreateOrderRequest(pet_id=str(rex.id)), alice)
    answer = api.as_(alice).get(f"/v1/orders/{placed.id}")
    rest = answer.json() | {"status": f"ORDER_STATUS_{answer.json()['status']}", "etag": answer["ETag"]}
    assert as_json(placed) == rest

"""How many queries a method costs, whatever the number of rows (architecture, Manners)."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from petstore.interfaces.grpc.stubs.orders_pb2 import CreateOrderRequest, GetOrderRequest, ListOrdersRequest
from petstore.interfaces.grpc.stubs.pets_pb2 import GetPetRequest, ListPetsRequest
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.grpc.calling import Caller

pytestmark = pytest.mark.django_db


def count_queries(caller: Caller, name: str, request: Any) -> int:
    with CaptureQueriesContext(connection) as queries:
        caller.call(name, request)
    return len(queries)


@pytest.mark.parametrize("who", ["alice", "sam"])
@pytest.mark.parametrize("number", [1, 3])
def test_reads_cost_the_same_with_many_rows(alice: User, sam: User, who: str, number: int) -> None:
    pets = [PetFactory.create(tenant=alice.tenant, photos=(f"https://img.example/{n}.jpg",)) for n in range(number)]
    orders = [OrderFactory.create(tenant=alice.tenant, customer=alice) for _ in range(number)]
    caller = Caller({"alice": alice, "sam": sam}[who])
    requests = {
        ("PetService/GetPet", "a pet and its photos"): (GetPetRequest(id=str(pets[0].id)), 2),
        ("PetService/ListPets", "the page, its photos, the total"): (ListPetsRequest(), 3),
        ("PetService/ListPets", "with words"): (ListPetsRequest(search="Rex", all_statuses=True), 3),
        ("OrderService/GetOrder", "an order"): (GetOrderRequest(id=str(orders[0].id)), 1),
        ("OrderService/ListOrders", "the page, the total"): (ListOrdersRequest(), 2),
        ("OrderService/ListOrders", "with a filter"): (ListOrdersRequest(pet_id=str(orders[0].pet_id)), 2),
    }
    counted = {(name, what): count_queries(caller, name, request) for (name, what), (request, _) in requests.items()}
    assert counted == {key: cost for key, (_, cost) in requests.items()}


def test_an_order_costs_what_rest_s_costs(api: Client, alice: User) -> None:
    one, other = (PetFactory.create(tenant=alice.tenant) for _ in range(2))
    rest, caller = api.as_(alice), Caller(alice)
    over_grpc = count_queries(caller, "OrderService/CreateOrder", CreateOrderRequest(pet_id=str(one.id)))
    with CaptureQueriesContext(connection) as queries:
        assert rest.post("/v1/orders", {"petId": str(other.id)}).status_code == 201
    entrance = 1  # tenant and standing
    assert over_grpc == len(queries) - entrance

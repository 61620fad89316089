"""The table of methods: all that the protos have, for whom the use cases are (contract, Who may do what; gRPC)."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf.message import Message

from accounts.groups import StaffGroup
from accounts.models import User
from kernel.access import access_of
from kernel.errors import DomainError, Forbidden, LoginRequired
from orders.errors import NotYourOrder, OrderNotFound
from orders.models import Order
from orders.states import Status
from pets.errors import PetHasOrders
from pets.models import Pet
from petstore.interfaces.grpc.services import METHODS, ORDER_SERVICE, PET_SERVICE
from petstore.interfaces.grpc.stubs import orders_pb2, pets_pb2
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tests.factories import OrderFactory, PetFactory, StaffFactory
from tests.grpc.calling import Caller
from tests.grpc.paying import pay_request

pytestmark = pytest.mark.django_db

ROOT = Path(__file__).parents[2]


def take_picture() -> list[object]:
    """All pets and orders, as far as calls can change them."""
    with all_tenants(reason="a test looks"):
        return [*Pet.objects.order_by("pk").values(), *Order.objects.order_by("pk").values()]


def test_every_unary_method_of_the_protos_is_there() -> None:
    described = {
        f"/{service.full_name}/{method.name}": method
        for service in (PET_SERVICE, ORDER_SERVICE)
        for method in service.methods
        if not method.server_streaming
    }
    assert METHODS.keys() == described.keys()
    for path, method in described.items():
        assert METHODS[path].request.DESCRIPTOR is method.input_type
        assert METHODS[path].response.DESCRIPTOR is method.output_type


@pytest.mark.own_store
def test_a_process_that_serves_http_loads_none_of_it() -> None:
    """So that it starts as fast as it did, and needs no more memory."""
    program = (
        "import petstore.asgi, petstore.urls, sys; print(sorted({'grpc', 'google.protobuf'} & sys.modules.keys()))"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "petstore.settings.test"}
    command = (sys.executable, "-c", program)
    found = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True)  # noqa: S603  # ours
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("name", "scope", "is_token_optional"),
    [
        ("PetService/GetPet", "read:pets", True),
        ("PetService/ListPets", "read:pets", True),
        ("PetService/CreatePet", "write:pets", False),
        ("PetService/UpdatePet", "write:pets", False),
        ("PetService/DeletePet", "write:pets", False),
        ("OrderService/CreateOrder", "write:orders", True),
        ("OrderService/GetOrder", "read:orders", True),
        ("OrderService/ListOrders", "read:orders", False),
        ("OrderService/CancelOrder", "write:orders", True),
        ("OrderService/PayOrder", "write:orders", True),
    ],
)
def test_a_method_asks_for_the_scope_of_its_comment(name: str, scope: str, *, is_token_optional: bool) -> None:
    access = access_of(METHODS[f"/petstore.v1.{name}"].use_case)
    assert (access.scope, access.is_token_optional) == (scope, is_token_optional)


def writes_to_pet(pet: Pet) -> dict[str, Message]:
    good = pets_pb2.Pet(id=str(pet.id), name="Taken", species=pets_pb2.CAT, age_months=1, price="1.00")
    return {
        "PetService/CreatePet": pets_pb2.CreatePetRequest(pet=good),
        "PetService/UpdatePet": pets_pb2.UpdatePetRequest(pet=good),
        "PetService/DeletePet": pets_pb2.DeletePetRequest(id=str(pet.id)),
    }


def calls_about(order: Order) -> dict[str, Message]:
    return {
        "OrderService/GetOrder": orders_pb2.GetOrderRequest(id=str(order.id)),
        "OrderService/CancelOrder": orders_pb2.CancelOrderRequest(id=str(order.id)),
        "OrderService/PayOrder": pay_request(order),
    }


def assert_refused(caller: Caller, requests: dict[str, Message], refusal: type[DomainError]) -> None:
    """Each is refused so, and changes nothing."""
    before = take_picture()
    for name, request in requests.items():
        with pytest.raises(refusal):
            caller.call(name, request)
    assert take_picture() == before


def test_customers_viewers_and_strangers_write_no_pets(acme: Tenant, alice: User, rex: Pet) -> None:
    viewer = StaffFactory.create(tenant=acme, group=StaffGroup.VIEWER)
    assert_refused(Caller.nobody(acme), writes_to_pet(rex), LoginRequired)
    assert_refused(Caller(alice), writes_to_pet(rex), Forbidden)
    assert_refused(Caller(viewer), writes_to_pet(rex), Forbidden)


def test_an_order_is_its_customer_s_and_the_staff_s(acme: Tenant, alice: User, bob: User, sam: User) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    assert_refused(Caller.nobody(acme), calls_about(order), LoginRequired)
    assert_refused(Caller(bob), calls_about(order), NotYourOrder)
    for person in (alice, sam):
        assert Caller(person).call("OrderService/GetOrder", orders_pb2.GetOrderRequest(id=str(order.id))).id


def test_an_anonymous_order_is_everybody_s_who_knows_its_id(acme: Tenant, bob: User) -> None:
    order = OrderFactory.create(tenant=acme)
    for caller in (Caller.nobody(acme), Caller(bob)):
        assert caller.call("OrderService/GetOrder", orders_pb2.GetOrderRequest(id=str(order.id))).id


def test_nothing_of_another_tenant_is_found(globex: Tenant, charlie: User, sam: User, mia: Pet) -> None:
    order = OrderFactory.create(pet=PetFactory.create(tenant=globex), customer=charlie)
    assert_refused(Caller(sam), calls_about(order), OrderNotFound)
    foreign = writes_to_pet(mia) | {"PetService/GetPet": pets_pb2.GetPetRequest(id=str(mia.id))}
    del foreign["PetService/CreatePet"]
    assert_refused(Caller(sam), foreign, DomainError)
    create = orders_pb2.CreateOrderRequest(pet_id=str(mia.id))
    assert_refused(Caller(sam), {"OrderService/CreateOrder": create}, DomainError)
    assert Caller(sam).call("PetService/ListPets", pets_pb2.ListPetsRequest(all_statuses=True)).total == 0
    assert Caller(sam).call("OrderService/ListOrders", orders_pb2.ListOrdersRequest()).total == 0


def test_nobody_lists_orders_without_a_token(acme: Tenant) -> None:
    OrderFactory.create(tenant=acme)
    assert_refused(Caller.nobody(acme), {"OrderService/ListOrders": orders_pb2.ListOrdersRequest()}, LoginRequired)


def test_a_pet_is_deleted_with_its_etag(sam: User, rex: Pet) -> None:
    caller = Caller(sam)
    stale = pets_pb2.DeletePetRequest(id=str(rex.id), etag='"v9"')
    assert_refused(caller, {"PetService/DeletePet": stale}, DomainError)
    assert caller.call("PetService/DeletePet", pets_pb2.DeletePetRequest(id=str(rex.id), etag='"v1"')).success
    assert take_picture() == []


def test_a_pet_that_an_order_names_stays(sam: User) -> None:
    order = OrderFactory.create(tenant=sam.tenant)
    request = pets_pb2.DeletePetRequest(id=str(order.pet_id))
    assert_refused(Caller(sam), {"PetService/DeletePet": request}, PetHasOrders)


def test_an_order_is_cancelled_with_its_etag(alice: User) -> None:
    order = OrderFactory.create(tenant=alice.tenant, customer=alice)
    caller = Caller(alice)
    stale = orders_pb2.CancelOrderRequest(id=str(order.id), etag='"v9"')
    assert_refused(caller, {"OrderService/CancelOrder": stale}, DomainError)
    cancelled = caller.call("OrderService/CancelOrder", orders_pb2.CancelOrderRequest(id=str(order.id), etag='"v1"'))
    assert (cancelled.status, cancelled.etag) == (orders_pb2.ORDER_STATUS_CANCELLED, '"v2"')
    with all_tenants(reason="a test looks"):
        assert Order.objects.get(pk=order.pk).status == Status.CANCELLED

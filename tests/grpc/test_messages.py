"""Messages say what REST says, field by field (contract, gRPC)."""

from typing import Any

import pytest

from accounts.models import User
from orders.models import Order
from orders.states import Status
from payments.bank_accounts import AccountType
from payments.gateways.sandbox import DECLINED_CARD
from payments.models import Payment
from pets.models import Pet
from petstore.interfaces.grpc import enum_words
from petstore.interfaces.grpc.stubs.orders_pb2 import CreateOrderRequest, GetOrderRequest, ListOrdersRequest
from petstore.interfaces.grpc.stubs.payments_pb2 import BankAccount, BillingAddress, Card
from petstore.interfaces.grpc.stubs.pets_pb2 import GetPetRequest, ListPetsRequest, MedicalInfo
from petstore.interfaces.grpc.stubs.pets_pb2 import Pet as PetMessage
from tenants.models import Tenant
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.grpc.calling import Caller, show_as_rest, without_nulls
from tests.grpc.paying import pay_request
from tests.orders.moving import order_in
from tests.payments.sources import ADDRESS, VISA, bank_account, card

pytestmark = pytest.mark.django_db

FILLED: dict[str, Any] = {
    "species": "RABBIT",
    "breed": "Rex",
    "age_months": 0,
    "size": "SMALL",
    "color": "white",
    "gender": "UNKNOWN",
    "good_with_kids": False,
    "price": "0.10",
    "currency": "EUR",
    "description": "Möhren.",
    "status": "NOT_AVAILABLE",
    "photos": ("https://img.example/1.jpg", "https://img.example/2.jpg"),
    "vaccinated": True,
    "special_needs": True,
    "health_notes": "Sneezes.",
}


@pytest.mark.parametrize("values", [{}, FILLED, {"good_with_kids": True, "gender": "FEMALE", "size": "LARGE"}])
def test_a_pet_is_rest_s(api: Client, acme: Tenant, alice: User, values: dict[str, Any]) -> None:
    pet = PetFactory.create(tenant=acme, **values)
    rest = api.as_(alice).get(f"/v1/pets/{pet.id}")
    message = Caller(alice).call("PetService/GetPet", GetPetRequest(id=str(pet.id)))
    shown = show_as_rest(message)
    assert (shown.pop("etag"), shown.pop("adoptionFee")) == (rest["ETag"], float(rest.json()["price"]))
    assert shown == without_nulls(rest.json())
    assert message.HasField("age_months")


def test_a_pet_of_the_shared_pool_has_no_tenant(api: Client, pool: Tenant, stray: Pet) -> None:
    message = Caller.nobody(pool).call("PetService/GetPet", GetPetRequest(id=str(stray.id).upper()))
    assert not message.HasField("tenant_id")
    assert api.get(f"/v1/pets/{stray.id}").json()["tenantId"] is None


def test_every_field_of_a_pet_is_filled_here(acme: Tenant) -> None:
    pet = PetFactory.create(tenant=acme, **FILLED)
    message = Caller(at=acme).call("PetService/GetPet", GetPetRequest(id=str(pet.id)))
    assert {field.name for field, _ in message.ListFields()} == {field.name for field in PetMessage.DESCRIPTOR.fields}
    assert message.medical_info == MedicalInfo(vaccinated=True, special_needs=True, health_notes="Sneezes.")


@pytest.mark.parametrize("status", Status)
def test_an_order_is_rest_s_in_every_status(api: Client, acme: Tenant, alice: User, status: Status) -> None:
    order = order_in(status, tenant=acme, customer=alice)
    rest = api.as_(alice).get(f"/v1/orders/{order.id}")
    message = Caller(alice).call("OrderService/GetOrder", GetOrderRequest(id=str(order.id)))
    assert show_as_rest(message) == without_nulls(rest.json()) | {"etag": rest["ETag"]}


def test_an_anonymous_order_of_the_shared_pool_has_neither_user_nor_tenant(
    api: Client, pool: Tenant, stray: Pet
) -> None:
    message = Caller.nobody(pool).call("OrderService/CreateOrder", CreateOrderRequest(pet_id=str(stray.id)))
    rest = api.get(f"/v1/orders/{message.id}")
    assert show_as_rest(message) == without_nulls(rest.json()) | {"etag": rest["ETag"]}
    assert not message.HasField("user_id")
    assert not message.HasField("tenant_id")


def without_blanks(value: dict[str, Any]) -> dict[str, Any]:
    """A source without the texts that it does not have, such as what is only taken in."""
    return {
        name: without_blanks(inner) if isinstance(inner, dict) else inner
        for name, inner in value.items()
        if inner != ""
    }


@pytest.mark.parametrize("source", [card(), card(billingAddress=ADDRESS), bank_account(), card(number=DECLINED_CARD)])
def test_a_payment_is_rest_s(api: Client, acme: Tenant, alice: User, source: dict[str, Any]) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    message = Caller(alice).call("OrderService/PayOrder", pay_request(order, source))
    rest = without_nulls(api.as_(alice).get(f"/v1/orders/{order.id}/payments").json()["data"][0])
    kind = "card" if message.HasField("card") else "bankAccount"
    shown = show_as_rest(message)
    shown["source"] = without_blanks(shown.pop(kind)) | {"object": rest["source"]["object"]}
    assert shown == rest
    assert message.card.cvc == message.bank_account.routing_number == ""


@pytest.mark.parametrize("name", ["PetService/ListPets", "OrderService/ListOrders"])
def test_a_list_is_rest_s(api: Client, acme: Tenant, globex: Tenant, sam: User, name: str) -> None:
    for tenant in (acme, acme, acme, globex):
        OrderFactory.create(tenant=tenant)
    is_pets = name.endswith("ListPets")
    path, query = ("pets", "status=ALL&limit=2") if is_pets else ("orders", "limit=2")
    rest = api.as_(sam).get(f"/v1/{path}?{query}").json()
    asked = ListPetsRequest(all_statuses=True, limit=2) if is_pets else ListOrdersRequest(limit=2)
    message = Caller(sam).call(name, asked)
    rows = [show_as_rest(row) for row in getattr(message, path)]
    assert [row["id"] for row in rows] == [row["id"] for row in rest["data"]]
    assert [{n: v for n, v in row.items() if n not in {"etag", "adoptionFee"}} for row in rows] == [
        without_nulls(row) for row in rest["data"]
    ]
    assert (message.total, message.page, message.limit) == (3, 1, 2)
    assert message.next_page_token in rest["links"]["next"]


@pytest.mark.parametrize(
    ("words", "known"),
    [
        (enum_words.SPECIES, Pet.Species.values),
        (enum_words.PET_STATUS, Pet.Status.values),
        (enum_words.SIZE, Pet.Size.values),
        (enum_words.GENDER, Pet.Gender.values),
        (enum_words.ORDER_STATUS, list(Status)),
        (enum_words.PAYMENT_STATUS, Payment.Status.values),
        (enum_words.BANK_ACCOUNT_TYPE, list(AccountType)),
    ],
)
def test_an_enum_has_every_word_that_rest_has_and_no_other(words: enum_words.EnumWords, known: list[str]) -> None:
    assert words.numbers.keys() == {"", *known}
    assert {words.describe_number(number) for word, number in words.numbers.items() if word} == set(known)


def test_every_enum_of_the_protos_has_its_words() -> None:
    messages = (PetMessage, MedicalInfo, Card, BankAccount, BillingAddress)
    files = {message.DESCRIPTOR.file for message in (*messages, GetOrderRequest)}
    enums = [enum for file in files for enum in file.enum_types_by_name]
    mapped = [value for value in vars(enum_words).values() if isinstance(value, enum_words.EnumWords)]
    assert len(mapped) == len(enums)


def test_no_answer_has_a_card_number(acme: Tenant, alice: User) -> None:
    order: Order = OrderFactory.create(tenant=acme, customer=alice)
    message = Caller(alice).call("OrderService/PayOrder", pay_request(order, card()))
    assert VISA.encode() not in message.SerializeToString()
    assert message.card.number.endswith(VISA[-4:])

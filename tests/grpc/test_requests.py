"""Requests: what counts as given, and how faults are named (contract, gRPC)."""

from typing import Any

import pytest
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp
from rest_framework.exceptions import ParseError

from accounts.models import User
from kernel.errors import Invalid
from orders.errors import OrderNotFound
from orders.models import Order
from payments.models import Payment
from pets.errors import PetNotFound
from pets.models import Pet
from petstore.interfaces.grpc.stubs import orders_pb2, payments_pb2, pets_pb2
from petstore.interfaces.grpc.stubs.orders_pb2 import CreateOrderRequest, ListOrdersRequest, PayOrderRequest
from petstore.interfaces.grpc.stubs.pets_pb2 import CreatePetRequest, ListPetsRequest
from petstore.interfaces.http.search_limit import SearchIsBusy, search_slot
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.grpc.calling import NOBODY, Caller
from tests.grpc.paying import pay_request
from tests.payments.sources import ADDRESS, VISA, bank_account, card

pytestmark = pytest.mark.django_db

GOOD: dict[str, Any] = {"name": "Rex", "species": pets_pb2.DOG, "age_months": 3, "price": "150.00"}


def count_rows() -> tuple[int, int, int]:
    """Pets, orders and payments of all tenants."""
    with all_tenants(reason="a test counts"):
        return Pet.objects.count(), Order.objects.count(), Payment.objects.count()


def faults_of(caller: Caller, name: str, request: Message) -> dict[str, str]:
    """The codes of a request's faults by the fields' names; nothing is made by such a request."""
    before = count_rows()
    with pytest.raises(Invalid) as refused:
        caller.call(name, request)
    assert count_rows() == before
    return {fault.field: fault.code for fault in refused.value.faults}


@pytest.fixture
def many(acme: Tenant, globex: Tenant) -> list[Pet]:
    """Pets that differ in all that can be searched for."""
    PetFactory.create(tenant=globex, name="Foreign", description="Likes Möhren")
    return [
        PetFactory.create(
            tenant=acme,
            name=f"Pet {number}",
            species=Pet.Species.values[number % 6],
            size=Pet.Size.values[number % 3],
            age_months=number,
            price=f"{number}.50",
            good_with_kids=bool(number % 2),
            status=Pet.Status.values[number % 4],
            description="Likes Möhren" if number % 5 == 0 else "",
        )
        for number in range(13)
    ]


@pytest.mark.parametrize(
    ("asked", "query"),
    [
        ({}, ""),
        ({"species": pets_pb2.DOG}, "species=DOG"),
        ({"status": pets_pb2.PENDING, "size": pets_pb2.SIZE_LARGE}, "status=PENDING&size=LARGE"),
        ({"all_statuses": True}, "status=ALL"),
        ({"all_statuses": True, "status": pets_pb2.ADOPTED}, "status=ALL"),
        ({"all_statuses": True, "status": 99}, "status=ALL"),
        ({"good_with_kids": False, "all_statuses": True}, "goodWithKids=false&status=ALL"),
        ({"good_with_kids": True, "all_statuses": True}, "goodWithKids=true&status=ALL"),
        ({"age_max": 0, "all_statuses": True}, "ageMax=0&status=ALL"),
        ({"age_min": 3, "age_max": 9, "all_statuses": True}, "ageMin=3&ageMax=9&status=ALL"),
        ({"price_min": "4.50", "price_max": "9.5", "all_statuses": True}, "priceMin=4.50&priceMax=9.5&status=ALL"),
        ({"search": "möhren", "all_statuses": True}, "search=möhren&status=ALL"),
        ({"sort": "-price", "all_statuses": True, "limit": 3, "page": 2}, "sort=-price&status=ALL&limit=3&page=2"),
        ({"sort": "", "search": "", "price_min": "", "page_token": "", "page": 0, "limit": 0}, ""),
        ({"page": 99}, "page=99"),
    ],
)
def test_a_list_of_pets_is_rest_s(api: Client, alice: User, many: list[Pet], asked: dict[str, Any], query: str) -> None:
    rest = api.as_(alice).get(f"/v1/pets?{query}").json()
    message = Caller(alice).call("PetService/ListPets", ListPetsRequest(**asked))
    assert [pet.id for pet in message.pets] == [pet["id"] for pet in rest["data"]]
    figures = rest["pagination"]
    assert (message.total, message.page, message.limit) == (figures["totalItems"], figures["page"], figures["limit"])
    assert bool(message.next_page_token) == bool(rest["links"]["next"])


@pytest.mark.parametrize("sort", ["", "-createdAt", "price", "-ageMonths"])
def test_tokens_walk_through_all_pages_once(alice: User, many: list[Pet], sort: str) -> None:
    caller, found, token, pages = Caller(alice), [], "", 0
    while pages == 0 or token:
        request = ListPetsRequest(all_statuses=True, limit=5, sort=sort, page_token=token)
        page = caller.call("PetService/ListPets", request)
        pages += 1
        assert (page.page, page.total) == (pages, 13)
        found += [pet.id for pet in page.pets]
        token = page.next_page_token
    assert (pages, len(found), set(found)) == (3, 13, {str(pet.id) for pet in many})


@pytest.mark.parametrize(
    ("asked", "faults"),
    [
        ({"species": 99}, {"species": "invalid_choice"}),
        ({"status": -1}, {"status": "invalid_choice"}),
        ({"size": 7, "species": 8}, {"size": "invalid_choice", "species": "invalid_choice"}),
        ({"age_min": -1}, {"age_min": "invalid"}),
        ({"price_min": "1e3", "price_max": "-1"}, {"price_min": "invalid_amount", "price_max": "invalid_amount"}),
        ({"sort": "name"}, {"sort": "invalid_choice"}),
        ({"search": "x" * 101}, {"search": "max_length"}),
        ({"limit": 101}, {"limit": "out_of_range"}),
        ({"limit": -1}, {"limit": "out_of_range"}),
        ({"page": -1}, {"page": "out_of_range"}),
        ({"page": 2**31 - 1}, {"page": "out_of_range"}),
        ({"page": 10**6}, {"page": "page_too_deep"}),
        ({"page": 1, "page_token": "x"}, {"page_token": "invalid"}),
        ({"page_token": "nonsense"}, {"page_token": "invalid_cursor"}),
    ],
)
def test_a_list_of_pets_names_the_fields_at_fault(alice: User, asked: dict[str, Any], faults: dict[str, str]) -> None:
    assert faults_of(Caller(alice), "PetService/ListPets", ListPetsRequest(**asked)) == faults


def test_a_token_of_another_order_of_rows_is_refused(alice: User, many: list[Pet]) -> None:
    caller = Caller(alice)
    token = caller.call("PetService/ListPets", ListPetsRequest(all_statuses=True, limit=1)).next_page_token
    asked = ListPetsRequest(all_statuses=True, sort="price", page_token=token)
    assert faults_of(caller, "PetService/ListPets", asked) == {"page_token": "invalid_cursor"}


def test_a_token_of_another_tenant_shows_nothing_of_it(alice: User, gina: User, many: list[Pet]) -> None:
    PetFactory.create(tenant=gina.tenant)
    token = Caller(gina).call("PetService/ListPets", ListPetsRequest(limit=1)).next_page_token
    assert token
    found = Caller(alice).call("PetService/ListPets", ListPetsRequest(all_statuses=True, page_token=token))
    assert {pet.id for pet in found.pets} <= {str(pet.id) for pet in many}


def test_one_search_by_words_runs_at_a_time(alice: User, many: list[Pet]) -> None:
    assert search_slot.acquire_search_slot()
    try:
        with pytest.raises(SearchIsBusy):
            Caller(alice).call("PetService/ListPets", ListPetsRequest(search="Rex"))
        Caller(alice).call("PetService/ListPets", ListPetsRequest())
    finally:
        search_slot.release_search_slot()
    Caller(alice).call("PetService/ListPets", ListPetsRequest(search="Rex"))


@pytest.mark.parametrize("who", ["alice", "sam"])
@pytest.mark.parametrize("asked", ["", "status", "pet_id", "user_id", "created_from", "created_to"])
def test_a_list_of_orders_is_rest_s(
    api: Client, acme: Tenant, globex: Tenant, alice: User, bob: User, sam: User, who: str, asked: str
) -> None:
    orders = [OrderFactory.create(tenant=acme, customer=customer) for customer in (alice, bob, alice)]
    OrderFactory.create(tenant=globex)
    person = {"alice": alice, "sam": sam}[who]
    moment = orders[0].created_at
    choices: dict[str, tuple[dict[str, Any], str]] = {
        "": ({}, ""),
        "status": ({"status": orders_pb2.ORDER_STATUS_PLACED}, "status=PLACED"),
        "pet_id": ({"pet_id": str(orders[0].pet_id)}, f"petId={orders[0].pet_id}"),
        "user_id": ({"user_id": str(bob.id)}, f"userId={bob.id}"),
        "created_from": ({"created_from": moment}, f"createdFrom={moment.isoformat().replace('+00:00', 'Z')}"),
        "created_to": ({"created_to": Timestamp(seconds=1)}, "createdTo=1970-01-01T00:00:01Z"),
    }
    values, query = choices[asked]
    rest = api.as_(person).get(f"/v1/orders?{query}").json()
    message = Caller(person).call("OrderService/ListOrders", ListOrdersRequest(**values))
    assert [order.id for order in message.orders] == [order["id"] for order in rest["data"]]
    assert message.total == rest["pagination"]["totalItems"]


@pytest.mark.parametrize(
    ("asked", "faults"),
    [
        ({"status": 99}, {"status": "invalid_choice"}),
        ({"pet_id": "7", "user_id": "me"}, {"pet_id": "invalid", "user_id": "invalid"}),
        ({"created_from": Timestamp(seconds=10**15)}, {"created_from": "invalid"}),
        ({"created_from": Timestamp(seconds=-1)}, {"created_from": "invalid"}),
        ({"created_to": Timestamp(nanos=-1)}, {"created_to": "invalid"}),
        ({"page": 2, "page_token": "x"}, {"page_token": "invalid"}),
    ],
)
def test_a_list_of_orders_names_the_fields_at_fault(sam: User, asked: dict[str, Any], faults: dict[str, str]) -> None:
    assert faults_of(Caller(sam), "OrderService/ListOrders", ListOrdersRequest(**asked)) == faults


def test_a_new_pet_takes_what_is_given_and_the_defaults(api: Client, sam: User) -> None:
    message = Caller(sam).call("PetService/CreatePet", CreatePetRequest(pet=pets_pb2.Pet(**GOOD)))
    assert (message.status, message.currency, message.price) == (pets_pb2.AVAILABLE, "USD", "150.00")
    assert (message.size, message.gender) == (0, 0)
    assert not any(message.HasField(name) for name in ("breed", "color", "description", "good_with_kids"))
    assert api.as_(sam).get(f"/v1/pets/{message.id}").json()["ageMonths"] == 3


def test_a_newborn_is_no_pet_without_an_age(sam: User) -> None:
    newborn = Caller(sam).call("PetService/CreatePet", CreatePetRequest(pet=pets_pb2.Pet(**GOOD | {"age_months": 0})))
    assert (newborn.HasField("age_months"), newborn.age_months) == (True, 0)
    ageless = pets_pb2.Pet(**{name: value for name, value in GOOD.items() if name != "age_months"})
    assert faults_of(Caller(sam), "PetService/CreatePet", CreatePetRequest(pet=ageless)) == {
        "pet.age_months": "required"
    }


def test_what_is_read_only_is_ignored_in_a_new_pet(sam: User, globex: Tenant) -> None:
    read_only: dict[str, Any] = {
        "id": NOBODY,
        "tenant_id": str(globex.id),
        "etag": '"v9"',
        "created_at": Timestamp(seconds=9),
    }
    message = Caller(sam).call("PetService/CreatePet", CreatePetRequest(pet=pets_pb2.Pet(**GOOD, **read_only)))
    assert (message.tenant_id, message.etag) == (str(sam.tenant.id), '"v1"')
    assert message.id != NOBODY
    assert message.created_at.seconds > 9


@pytest.mark.parametrize(
    ("fee", "price"),
    [(150.0, "150.00"), (0.1, "0.10"), (19.99, "19.99"), (0.0, "0.00"), (9999999999.0, "9999999999.00")],
)
def test_a_fee_stands_in_for_a_price_that_is_not_given(sam: User, fee: float, price: str) -> None:
    pet = pets_pb2.Pet(**GOOD | {"price": "", "adoption_fee": fee})
    message = Caller(sam).call("PetService/CreatePet", CreatePetRequest(pet=pet))
    assert (message.price, message.adoption_fee) == (price, fee)


@pytest.mark.parametrize(
    ("changed", "faults"),
    [
        ({"price": "", "adoption_fee": 0.125}, {"pet.adoption_fee": "invalid_amount"}),
        ({"price": "", "adoption_fee": -1.0}, {"pet.adoption_fee": "invalid_amount"}),
        ({"price": "", "adoption_fee": 1e22}, {"pet.adoption_fee": "invalid_amount"}),
        ({"price": "", "adoption_fee": 1e-7}, {"pet.adoption_fee": "invalid_amount"}),
        ({"price": "150.00", "adoption_fee": 150.01}, {"pet.adoption_fee": "wrong_amount"}),
        ({"price": "dear", "adoption_fee": 1.0}, {"pet.price": "invalid_amount"}),
        ({"price": ""}, {"pet.price": "required"}),
        ({"name": ""}, {"pet.name": "required"}),
        ({"name": " "}, {"pet.name": "blank"}),
        ({"name": "x" * 51, "species": 0}, {"pet.name": "max_length", "pet.species": "required"}),
        ({"species": 77, "status": 77}, {"pet.species": "invalid_choice", "pet.status": "invalid_choice"}),
        ({"size": 77, "gender": -5}, {"pet.size": "invalid_choice", "pet.gender": "invalid_choice"}),
        ({"age_months": -1}, {"pet.age_months": "min_value"}),
        ({"currency": "dollars"}, {"pet.currency": "invalid_currency"}),
        (
            {"medical_info": pets_pb2.MedicalInfo(health_notes="x" * 5001)},
            {"pet.medical_info.health_notes": "max_length"},
        ),
        ({"breed": "Bea\u202egle"}, {"pet.breed": "control_characters"}),
    ],
)
def test_a_new_pet_names_the_fields_at_fault(sam: User, changed: dict[str, Any], faults: dict[str, str]) -> None:
    request = CreatePetRequest(pet=pets_pb2.Pet(**GOOD | changed))
    assert faults_of(Caller(sam), "PetService/CreatePet", request) == faults


def test_a_request_without_a_pet_names_what_a_pet_needs(sam: User) -> None:
    needed = {f"pet.{name}": "required" for name in GOOD}
    assert faults_of(Caller(sam), "PetService/CreatePet", CreatePetRequest()) == needed


def test_a_new_order_names_the_fields_at_fault(alice: User) -> None:
    create = "OrderService/CreateOrder"
    assert faults_of(Caller(alice), create, CreateOrderRequest()) == {"pet_id": "required"}
    both = CreateOrderRequest(pet_id="7", user_id="me")
    assert faults_of(Caller(alice), create, both) == {"pet_id": "invalid", "user_id": "invalid"}


def test_an_order_for_a_user_of_another_tenant_is_refused(sam: User, charlie: User, rex: Pet) -> None:
    request = CreateOrderRequest(pet_id=str(rex.id), user_id=str(charlie.id))
    assert faults_of(Caller(sam), "OrderService/CreateOrder", request) == {"user_id": "unknown_user"}


def test_an_empty_user_is_the_token_s(alice: User, rex: Pet) -> None:
    placed = Caller(alice).call("OrderService/CreateOrder", CreateOrderRequest(pet_id=str(rex.id), user_id=""))
    assert placed.user_id == str(alice.id)


BAD_ADDRESS = {**ADDRESS, "country": "Oz"}


@pytest.mark.parametrize(
    ("source", "changed", "faults"),
    [
        (card(number="4242424242424241"), {}, {"card.number": "luhn"}),
        (card(cvc="12", expMonth=13), {}, {"card.cvc": "invalid", "card.exp_month": "invalid"}),
        (card(expYear=2001), {}, {"card.exp_year": "expired"}),
        (card(name=VISA), {}, {"card.name": "card_number"}),
        (card(name=""), {}, {"card.name": "required"}),
        (card(billingAddress=BAD_ADDRESS), {}, {"card.billing_address.country": "invalid_choice"}),
        (
            card(billingAddress={}),
            {},
            {f"card.billing_address.{n}": "required" for n in ("line1", "city", "postal_code", "country")},
        ),
        (bank_account(routingNumber="021000022"), {}, {"bank_account.routing_number": "checksum"}),
        (bank_account(accountType="UNSPECIFIED"), {}, {"bank_account.account_type": "required"}),
        (bank_account(accountNumber="1"), {}, {"bank_account.account_number": "invalid"}),
        (card(), {"amount": "1e3"}, {"amount": "invalid_amount"}),
        (card(), {"amount": "1.00"}, {"amount": "wrong_amount"}),
        (card(), {"currency": "EUR"}, {"currency": "wrong_currency"}),
        (card(), {"currency": "XXX"}, {"currency": "invalid_choice"}),
    ],
)
def test_a_payment_names_the_fields_at_fault_and_echoes_nothing(
    alice: User, source: dict[str, Any], changed: dict[str, Any], faults: dict[str, str]
) -> None:
    order = OrderFactory.create(tenant=alice.tenant, customer=alice)
    request = pay_request(order, source, **changed)
    assert faults_of(Caller(alice), "OrderService/PayOrder", request) == faults
    with pytest.raises(Invalid) as refused:
        Caller(alice).call("OrderService/PayOrder", request)
    told = " ".join([str(refused.value), *(fault.message for fault in refused.value.faults)])
    assert not any(str(value) in told for value in source.values() if len(str(value)) > 8)


def test_an_unknown_account_type_is_named(alice: User) -> None:
    order = OrderFactory.create(tenant=alice.tenant, customer=alice)
    request = pay_request(order, bank_account())
    request.bank_account.MergeFrom(payments_pb2.BankAccount.FromString(b"\x20\x09"))  # field 4 is 9
    assert faults_of(Caller(alice), "OrderService/PayOrder", request) == {"bank_account.account_type": "invalid_choice"}


def test_a_payment_without_anything_names_what_it_needs(alice: User) -> None:
    order = OrderFactory.create(tenant=alice.tenant, customer=alice)
    request = PayOrderRequest(id=str(order.id))
    needed = dict.fromkeys(("amount", "currency", "source"), "required")
    assert faults_of(Caller(alice), "OrderService/PayOrder", request) == needed
    request.card.MergeFrom(payments_pb2.Card())
    assert "card.number" in faults_of(Caller(alice), "OrderService/PayOrder", pay_request(order, {"object": "card"}))


def test_a_declined_payment_is_an_answer(alice: User) -> None:
    order = OrderFactory.create(tenant=alice.tenant, customer=alice)
    declined = Caller(alice).call("OrderService/PayOrder", pay_request(order, card(number="4000000000000002")))
    assert declined.status == payments_pb2.PAYMENT_STATUS_FAILED


@pytest.mark.parametrize("text", ["", "7", "{019b4139-1234-7abc-8def-123456789abc}", NOBODY])
def test_an_id_of_nothing_is_not_found(sam: User, text: str) -> None:
    caller = Caller(sam)
    pets: dict[str, Message] = {
        "GetPet": pets_pb2.GetPetRequest(id=text),
        "UpdatePet": pets_pb2.UpdatePetRequest(pet=pets_pb2.Pet(id=text, name="Rex")),
        "DeletePet": pets_pb2.DeletePetRequest(id=text),
    }
    orders: dict[str, Message] = {
        "GetOrder": orders_pb2.GetOrderRequest(id=text),
        "CancelOrder": orders_pb2.CancelOrderRequest(id=text),
        "PayOrder": pay_request(Order(id=text, total_amount=1, currency="USD")),
    }
    for name, request in pets.items():
        with pytest.raises(PetNotFound):
            caller.call(f"PetService/{name}", request)
    for name, request in orders.items():
        with pytest.raises(OrderNotFound):
            caller.call(f"OrderService/{name}", request)


@pytest.mark.parametrize(
    ("name", "request_"),
    [
        ("PetService/GetPet", pets_pb2.GetPetRequest(id="\0")),
        ("PetService/ListPets", ListPetsRequest(search="a\0b")),
        ("PetService/CreatePet", CreatePetRequest(pet=pets_pb2.Pet(**GOOD | {"name": "a\0"}))),
        ("PetService/CreatePet", CreatePetRequest(pet=pets_pb2.Pet(**GOOD, photos=["https://a/", "\0"]))),
        ("PetService/CreatePet", CreatePetRequest(pet=pets_pb2.Pet(**GOOD | {"adoption_fee": float("nan")}))),
        ("PetService/CreatePet", CreatePetRequest(pet=pets_pb2.Pet(**GOOD | {"adoption_fee": float("inf")}))),
        ("OrderService/PayOrder", PayOrderRequest(card=payments_pb2.Card(name="\0"))),
    ],
)
def test_what_cannot_be_stored_is_refused_at_any_depth(sam: User, name: str, request_: Message) -> None:
    before = count_rows()
    with pytest.raises(ParseError):
        Caller(sam).call(name, request_)
    assert count_rows() == before

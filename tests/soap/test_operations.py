"""The operations: the same use cases and the same values as REST's (contract, SOAP)."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from orders.states import Status
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.orders.moving import order_in
from tests.payments.paying import pay
from tests.soap.consumers import (
    Consumer,
    count_rows,
    envelope,
    read_problem,
    read_result,
    request,
    slug_of,
    without_nulls,
)

pytestmark = pytest.mark.django_db

NOBODY = "019b4139-1234-7abc-8def-123456789abc"


def test_a_pet_is_rest_s_field_by_field(api: Client, acme: Tenant, alice: User) -> None:
    full = PetFactory.create(
        tenant=acme,
        name="Bijou & <Fils>",
        breed="Mutt",
        size=Pet.Size.SMALL,
        gender=Pet.Gender.FEMALE,
        color="Brown",
        good_with_kids=False,
        description="Line one\r\nline two\ttab ]]> \U0001f415 \"quoted\" 'too'",
        health_notes="Needs <care>",
        vaccinated=True,
        photos=("https://img.example/1.jpg?a=1&b=2", "https://img.example/ö.jpg"),
    )
    bare = PetFactory.create(tenant=acme, breed="", size="", gender="", color="", good_with_kids=None, description="")
    for pet in (full, bare):
        told = Consumer.of(alice).call("GetPet", id=str(pet.id))
        assert told == without_nulls(api.as_(alice).get(f"/v1/pets/{pet.id}").json())
    assert "breed" not in Consumer.of(alice).call("GetPet", id=str(bare.id))


def test_a_pet_of_the_pool_has_no_tenant(api: Client, stray: Pet) -> None:
    told = Consumer().call("GetPet", id=str(stray.id).upper())
    assert told == without_nulls(api.get(f"/v1/pets/{stray.id}").json())
    assert "tenantId" not in told


@pytest.mark.parametrize("odd", ["\x01", "\x0b", "\x1f", "￾", "￿"])
def test_a_character_that_xml_cannot_hold_is_replaced(stray: Pet, odd: str) -> None:
    with tenant_scope(stray.tenant_id):
        Pet.objects.filter(pk=stray.pk).update(description=f"before{odd}after")
    assert Consumer().call("GetPet", id=str(stray.id))["description"] == "before\N{REPLACEMENT CHARACTER}after"
    [pet] = Consumer().call("ListPets")["pets"]
    assert pet["description"] == "before\N{REPLACEMENT CHARACTER}after"


@pytest.fixture
def many(acme: Tenant) -> list[Pet]:
    """Pets that differ in all that can be asked for."""
    return [
        PetFactory.create(
            tenant=acme,
            name=f"Pet {number}",
            species=Pet.Species.values[number % 6],
            size=Pet.Size.values[number % 3],
            age_months=number,
            good_with_kids=bool(number % 2),
            status=Pet.Status.values[number % 4],
            description="Likes Möhren" if number % 5 == 0 else "",
        )
        for number in range(1, 26)
    ]


@pytest.mark.parametrize(
    ("fields", "query"),
    [
        ({}, ""),
        ({"species": "DOG"}, "species=DOG"),
        ({"status": "PENDING"}, "status=PENDING"),
        ({"allStatuses": "true"}, "status=ALL"),
        ({"allStatuses": " 1 "}, "status=ALL"),
        ({"allStatuses": "false"}, ""),
        ({"status": "ADOPTED", "allStatuses": "0"}, "status=ADOPTED"),
        ({"status": "ADOPTED", "allStatuses": "true"}, "status=ALL"),
        ({"allStatuses": "true", "ageMin": 5, "ageMax": "+9"}, "status=ALL&ageMin=5&ageMax=9"),
        ({"ageMin": "0" * 5000 + "5", "ageMax": "\n 009 "}, "ageMin=5&ageMax=9"),
        ({"ageMin": "-0", "ageMax": "+0012"}, "ageMin=0&ageMax=12"),
        ({"allStatuses": "true", "size": "SMALL"}, "status=ALL&size=SMALL"),
        ({"allStatuses": "true", "goodWithKids": "0"}, "status=ALL&goodWithKids=false"),
        ({"allStatuses": "true", "search": "möhren"}, "status=ALL&search=m%C3%B6hren"),
        ({"allStatuses": "true", "search": ""}, "status=ALL&search="),
        ({"allStatuses": "true", "page": 2, "limit": 7}, "status=ALL&page=2&limit=7"),
        ({"allStatuses": "true", "page": 99}, "status=ALL&page=99"),
    ],
)
def test_a_page_of_pets_is_rest_s(
    api: Client, many: list[Pet], mia: Pet, alice: User, fields: dict[str, Any], query: str
) -> None:
    told = Consumer.of(alice).call("ListPets", **fields)
    rest = api.as_(alice).get(f"/v1/pets?{query}").json()
    assert told == {"pets": without_nulls(rest["data"]), "pagination": rest["pagination"]}


def test_an_order_is_rest_s_field_by_field_from_its_beginning_to_its_end(
    api: Client, alice: User, acme: Tenant, rex: Pet
) -> None:
    consumer, rest = Consumer.of(alice), api.as_(alice)
    placed = consumer.call("CreateOrder", petId=str(rex.id).upper())
    assert placed["userId"] == str(alice.id)
    shown = without_nulls(rest.get(f"/v1/orders/{placed['id']}").json())
    assert consumer.call("GetOrder", id=placed["id"]) == placed == shown
    assert count_rows() == (1, ["PENDING"])
    cancelled = consumer.call("CancelOrder", id=placed["id"].upper())
    assert cancelled == without_nulls(rest.get(f"/v1/orders/{placed['id']}").json())
    assert cancelled["status"] == "CANCELLED"
    assert count_rows() == (1, ["AVAILABLE"])


def test_nobody_in_particular_orders_and_cancels(pool: Tenant, stray: Pet) -> None:
    placed = Consumer().call("CreateOrder", petId=str(stray.id))
    assert "userId" not in placed
    assert Consumer().call("CancelOrder", id=placed["id"])["status"] == "CANCELLED"


def test_staff_order_for_a_customer(alice: User, sam: User, rex: Pet) -> None:
    placed = Consumer.of(sam).call("CreateOrder", petId=str(rex.id), userId=str(alice.id))
    assert placed["userId"] == str(alice.id)


def test_a_cancelled_order_gets_its_money_back(in_acme: Tenant, alice: User, rex: Pet, revenue_at_once: None) -> None:
    order = OrderFactory.create(tenant=in_acme, pet=rex, customer=alice)
    payment = pay(order)
    assert Consumer.of(alice).call("CancelOrder", id=str(order.id))["status"] == "CANCELLED"
    payment.refresh_from_db()
    assert payment.status == "REFUNDED"


class TestIdempotencyKey:
    """A retry of CreateOrder with the same key."""

    def test_gives_the_first_answer_again_and_orders_nothing(self, alice: User, rex: Pet) -> None:
        consumer, asked = Consumer.of(alice), {"petId": str(rex.id)}
        first = consumer.ask("CreateOrder", asked, HTTP_IDEMPOTENCY_KEY="once")
        assert "Idempotent-Replayed" not in first
        consumer.call("CancelOrder", id=read_result(first, "CreateOrder")["id"])
        again = consumer.ask("CreateOrder", asked, HTTP_IDEMPOTENCY_KEY="once")
        assert (again.content, again["Idempotent-Replayed"]) == (first.content, "true")
        assert again["Content-Type"] == first["Content-Type"]
        assert count_rows() == (1, ["AVAILABLE"])

    def test_with_another_request_is_refused(self, alice: User, acme: Tenant, rex: Pet) -> None:
        other = PetFactory.create(tenant=acme)
        consumer = Consumer.of(alice)
        consumer.ask("CreateOrder", {"petId": str(rex.id)}, HTTP_IDEMPOTENCY_KEY="once")
        response = consumer.ask("CreateOrder", {"petId": str(other.id)}, HTTP_IDEMPOTENCY_KEY="once")
        over_rest = Client().as_(alice)
        over_rest.post("/v1/orders", {"petId": str(other.id)}, HTTP_IDEMPOTENCY_KEY="twice")
        refused = over_rest.post("/v1/orders", {"petId": str(rex.id)}, HTTP_IDEMPOTENCY_KEY="twice")
        assert_same_problem(response, refused)
        assert refused.status_code == 422

    def test_of_another_caller_and_over_rest_is_another_key(
        self, api: Client, alice: User, bob: User, acme: Tenant, rex: Pet
    ) -> None:
        others = [PetFactory.create(tenant=acme) for _ in range(2)]
        Consumer.of(alice).ask("CreateOrder", {"petId": str(rex.id)}, HTTP_IDEMPOTENCY_KEY="once")
        Consumer.of(bob).ask("CreateOrder", {"petId": str(others[0].id)}, HTTP_IDEMPOTENCY_KEY="once")
        body = {"petId": str(others[1].id)}
        assert api.as_(alice).post("/v1/orders", body, HTTP_IDEMPOTENCY_KEY="once").status_code == 201
        assert count_rows()[0] == 3

    def test_after_a_refusal_is_free_again(self, alice: User, rex: Pet) -> None:
        consumer, asked = Consumer.of(alice), {"petId": str(rex.id)}
        placed = consumer.call("CreateOrder", **asked)
        assert consumer.ask("CreateOrder", asked, HTTP_IDEMPOTENCY_KEY="once").status_code == 500
        consumer.call("CancelOrder", id=placed["id"])
        again = read_result(consumer.ask("CreateOrder", asked, HTTP_IDEMPOTENCY_KEY="once"), "CreateOrder")
        assert again["id"] != placed["id"]

    @pytest.mark.parametrize("key", ["", "k" * 256, "schl\xfcssel", "a\tb"])
    def test_that_is_no_key_is_refused_as_over_rest(self, alice: User, rex: Pet, key: str) -> None:
        response = Consumer.of(alice).ask("CreateOrder", {"petId": str(rex.id)}, HTTP_IDEMPOTENCY_KEY=key)
        refused = Client().as_(alice).post("/v1/orders", {"petId": str(rex.id)}, HTTP_IDEMPOTENCY_KEY=key)
        assert_same_problem(response, refused)
        assert count_rows() == (0, ["AVAILABLE"])


def assert_same_problem(response: Any, over_rest: Any) -> None:
    """A fault tells of the problem that REST answers with, but for the place."""

    told = read_problem(response)
    told.pop("requestId")
    assert told | {"instance": ""} == over_rest.json() | {"instance": ""}


def test_the_same_refusal_is_the_same_problem_as_over_rest(api: Client, alice: User, bob: User, rex: Pet) -> None:
    consumer, rest = Consumer.of(alice), api.as_(alice)
    placed = consumer.call("CreateOrder", petId=str(rex.id))
    pairs = [
        (consumer.ask("CreateOrder", {"petId": str(rex.id)}), rest.post("/v1/orders", {"petId": str(rex.id)})),
        (consumer.ask("CreateOrder", {"petId": "rex"}), rest.post("/v1/orders", {"petId": "rex"})),
        (consumer.ask("CreateOrder", {"petId": NOBODY}), rest.post("/v1/orders", {"petId": NOBODY})),
        (consumer.ask("CreateOrder"), rest.post("/v1/orders", {})),
        (
            consumer.ask("CreateOrder", {"petId": NOBODY, "colour": "red"}),
            rest.post("/v1/orders", {"petId": NOBODY, "colour": "red"}),
        ),
        (
            consumer.ask("CreateOrder", {"petId": NOBODY, "userId": "me"}),
            rest.post("/v1/orders", {"petId": NOBODY, "userId": "me"}),
        ),
        (consumer.ask("GetPet", {"id": NOBODY}), rest.get(f"/v1/pets/{NOBODY}")),
        (consumer.ask("GetOrder", {"id": NOBODY}), rest.get(f"/v1/orders/{NOBODY}")),
        (Consumer.of(bob).ask("GetOrder", {"id": placed["id"]}), api.as_(bob).get(f"/v1/orders/{placed['id']}")),
        (Consumer.of(bob).ask("CancelOrder", {"id": placed["id"]}), api.as_(bob).delete(f"/v1/orders/{placed['id']}")),
        (consumer.ask("ListPets", {"limit": 0}), rest.get("/v1/pets?limit=0")),
        (consumer.ask("ListPets", {"limit": -1}), rest.get("/v1/pets?limit=-1")),
        (consumer.ask("ListPets", {"page": 5002}), rest.get("/v1/pets?page=5002")),
        (consumer.ask("ListPets", {"ageMin": -3}), rest.get("/v1/pets?ageMin=-3")),
        (consumer.ask("ListPets", {"ageMin": "3.5"}), rest.get("/v1/pets?ageMin=3.5")),
        (consumer.ask("ListPets", {"species": "FISH"}), rest.get("/v1/pets?species=FISH")),
        (consumer.ask("ListPets", {"goodWithKids": "yes"}), rest.get("/v1/pets?goodWithKids=yes")),
        (consumer.ask("ListPets", {"search": "x" * 101}), rest.get(f"/v1/pets?search={'x' * 101}")),
    ]
    for told, over_rest in pairs:
        assert over_rest.status_code >= 400
        assert_same_problem(told, over_rest)
    assert count_rows() == (1, ["PENDING"])


def test_a_step_that_the_states_do_not_allow_is_a_conflict(in_acme: Tenant, alice: User, rex: Pet) -> None:
    order = order_in(Status.SHIPPED, tenant=in_acme, pet=rex, customer=alice)
    assert slug_of(Consumer.of(alice).refusal("CancelOrder", id=str(order.id))) == (409, "conflict")
    order.refresh_from_db()
    assert order.status == "SHIPPED"


@pytest.mark.parametrize("wrong", ["no-uuid", "", "0", NOBODY, NOBODY + "0", f" {NOBODY}", "../pets", "x" * 5000])
@pytest.mark.parametrize("operation", ["GetPet", "GetOrder", "CancelOrder"])
def test_an_id_that_nothing_has_is_not_found(alice: User, operation: str, wrong: str) -> None:
    assert slug_of(Consumer.of(alice).refusal(operation, id=wrong)) == (404, "not-found")


FOREIGN = '<x:petId xmlns:x="urn:x">1</x:petId>'
NIL = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:nil="true"'


@pytest.mark.parametrize(
    ("operation", "inner", "faults"),
    [
        ("GetPet", "", [("id", "required")]),
        ("GetPet", "<id>x</id><id>y</id>", [("id", "invalid")]),
        ("GetPet", "<id><id>x</id></id>", [("id", "invalid")]),
        ("GetPet", '<id kind="uuid">x</id>', [("id", "invalid")]),
        ("GetPet", f"<id {NIL}/>", [("id", "null")]),
        ("GetPet", "<petId>x</petId>", [("id", "required"), ("petId", "unknown_field")]),
        ("GetPet", "<id>x</id><expand>photos</expand>", [("expand", "unknown_field")]),
        ("GetPet", "<id>x</id><c4242424242424242/>", [("body", "unknown_field")]),
        ("CreateOrder", "<userId>me</userId>", [("petId", "required")]),
        ("CreateOrder", "<petId>rex</petId>", [("petId", "invalid")]),
        ("CreateOrder", "<petId/>", [("petId", "invalid")]),
        ("CreateOrder", "<petId>RIGHT</petId><userId>me</userId>", [("userId", "invalid")]),
        ("CreateOrder", "<userId>me</userId><petId>RIGHT</petId>", [("userId", "invalid")]),
        ("CreateOrder", "<petId>RIGHT</petId><cardNumber>4242</cardNumber>", [("cardNumber", "unknown_field")]),
        ("CreateOrder", "<petId>RIGHT</petId><quantity>1</quantity>", [("quantity", "unknown_field")]),
        ("CreateOrder", FOREIGN, [("petId", "required")]),
        ("CreateOrder", f"<petId>RIGHT</petId>{FOREIGN}", [("petId", "unknown_field")]),
        ("ListPets", "<species>dog</species>", [("species", "invalid_choice")]),
        ("ListPets", "<species> DOG </species>", [("species", "invalid_choice")]),
        ("ListPets", "<species/>", [("species", "invalid_choice")]),
        ("ListPets", "<status>ALL</status>", [("status", "invalid_choice")]),
        ("ListPets", "<allStatuses>TRUE</allStatuses>", [("allStatuses", "invalid")]),
        ("ListPets", "<ageMin>1e3</ageMin>", [("ageMin", "invalid")]),
        ("ListPets", "<ageMax>2147483648</ageMax>", [("ageMax", "invalid")]),
        ("ListPets", "<page>0</page>", [("page", "out_of_range")]),
        ("ListPets", "<limit>101</limit>", [("limit", "out_of_range")]),
        ("ListPets", "<limit/>", [("limit", "invalid")]),
        ("ListPets", "<size>S</size><species>DOG</species>", [("size", "invalid_choice"), ("species", "invalid")]),
        (
            "ListPets",
            "<species>FISH</species><ageMin>x</ageMin><goodWithKids>y</goodWithKids>",
            [("species", "invalid_choice"), ("ageMin", "invalid"), ("goodWithKids", "invalid")],
        ),
    ],
)
def test_a_bad_field_is_named_and_nothing_is_stored(
    alice: User, rex: Pet, operation: str, inner: str, faults: list[tuple[str, str]]
) -> None:
    body = request(operation).replace("><", f">{inner.replace('RIGHT', str(rex.id))}<")
    for spelling in (body, body.replace("xmlns=", "xmlns:t=").replace("<", "<t:").replace("<t:/", "</t:")):
        if spelling != body and "x:petId" in body:
            continue

        response = Consumer.of(alice).post(envelope(spelling))
        problem = read_problem(response)
        assert slug_of(problem) == (400, "validation-error")
        assert [(fault["field"], fault["code"]) for fault in problem["errors"]] == faults
        assert b"4242424242424242" not in response.content
    assert count_rows() == (0, ["AVAILABLE"])


def test_an_address_holds_so_many_unpaid_orders_over_both(api: Client, pool: Tenant, settings: Settings) -> None:
    settings.ANONYMOUS_ORDER_LIMIT = 2
    pets = [PetFactory.create() for _ in range(3)]
    Consumer().call("CreateOrder", petId=str(pets[0].id))
    assert api.post("/v1/orders", {"petId": str(pets[1].id)}).status_code == 201
    assert slug_of(Consumer().refusal("CreateOrder", petId=str(pets[2].id))) == (429, "rate-limit-exceeded")
    assert count_rows()[0] == 2

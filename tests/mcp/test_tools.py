"""The tools: the same use cases and the same JSON as REST's (contract, MCP)."""

import json
from pathlib import Path
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from orders.models import Order
from orders.states import Status
from pets.models import Pet
from petstore.interfaces.mcp import catalogue
from petstore.interfaces.mcp.tools import MAX_SEARCH, TOOLS, PetSearchArguments
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.mcp.assistants import VERSIONS, Assistant, slug_of
from tests.orders.moving import order_in
from tests.payments.paying import pay

pytestmark = pytest.mark.django_db

NOBODY = "019b4139-1234-7abc-8def-123456789abc"
WRITTEN = json.loads((Path(catalogue.__file__).parent / "catalogue.json").read_text())


def count_rows() -> tuple[int, list[str]]:
    """The orders, and the statuses of all pets."""
    with all_tenants(reason="a test counts"):
        return Order.objects.count(), sorted(Pet.objects.values_list("status", flat=True))


@pytest.mark.parametrize("version", VERSIONS)
def test_the_list_of_tools_is_as_it_is_written(pool: Tenant, version: str) -> None:
    assert Assistant(version).result("tools/list")["tools"] == WRITTEN["tools"]


def test_a_tool_takes_what_the_list_says_and_nothing_else() -> None:
    properties = {name: tool["inputSchema"]["properties"] for name, tool in catalogue.TOOLS.items()}
    assert properties.keys() == TOOLS.keys()
    pets = properties["search_pets"]
    assert pets.keys() == PetSearchArguments().fields.keys()
    assert pets["species"]["enum"] == Pet.Species.values
    assert pets["status"]["enum"] == [*Pet.Status.values, "ALL"]
    assert pets["size"]["enum"] == Pet.Size.values
    assert pets["search"]["maxLength"] == MAX_SEARCH
    assert catalogue.TOOLS["get_order"]["outputSchema"]["properties"]["status"]["enum"] == list(Status)
    assert "card" not in json.dumps(properties).lower()


@pytest.mark.parametrize("version", VERSIONS)
def test_a_pet_is_rest_s_in_every_version(api: Client, stray: Pet, version: str) -> None:
    assert Assistant(version).data("get_pet", petId=str(stray.id)) == api.get(f"/v1/pets/{stray.id}").json()


@pytest.fixture
def many(acme: Tenant) -> list[Pet]:
    """Pets that differ in all that can be searched for."""
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
        for number in range(1, 26)
    ]


@pytest.mark.parametrize(
    ("arguments", "query"),
    [
        ({}, ""),
        ({"species": "DOG"}, "species=DOG"),
        ({"species": "cat", "status": "ALL"}, "species=cat&status=all"),
        ({"status": "PENDING", "size": "LARGE"}, "status=PENDING&size=LARGE"),
        ({"goodWithKids": True, "status": "ALL"}, "goodWithKids=true&status=ALL"),
        ({"goodWithKids": False, "status": "ALL"}, "goodWithKids=false&status=ALL"),
        ({"ageMin": 3, "ageMax": 12, "status": "ALL"}, "ageMin=3&ageMax=12&status=ALL"),
        ({"priceMin": "4.50", "priceMax": "9.5", "status": "ALL"}, "priceMin=4.50&priceMax=9.5&status=ALL"),
        ({"search": "möhren", "status": "ALL"}, "search=möhren&status=ALL"),
        ({"search": "", "status": "ALL"}, "search=&status=ALL"),
        ({"page": 2, "limit": 7, "status": "ALL"}, "page=2&limit=7&status=ALL"),
        ({"page": 99}, "page=99"),
    ],
)
def test_a_search_finds_what_rest_finds(
    api: Client, alice: User, many: list[Pet], arguments: dict[str, Any], query: str
) -> None:
    rest = api.as_(alice).get(f"/v1/pets?{query}").json()
    found = Assistant.of(alice).data("search_pets", **arguments)
    assert found == {"data": rest["data"], "pagination": rest["pagination"]}


def test_a_search_may_have_200_characters(pool: Tenant, stray: Pet) -> None:
    assert Assistant().data("search_pets", search="x" * 200)["data"] == []


def test_the_inventory_is_rest_s(api: Client, alice: User, many: list[Pet]) -> None:
    assert Assistant.of(alice).data("get_inventory") == api.as_(alice).get("/v1/inventory").json()


@pytest.mark.parametrize("version", VERSIONS)
def test_an_order_is_placed_read_and_cancelled_and_is_rest_s_all_the_time(
    api: Client, alice: User, rex: Pet, version: str
) -> None:
    assistant, rest = Assistant.of(alice, version=version), api.as_(alice)
    placed = assistant.data("create_order", petId=str(rex.id))
    assert (placed["status"], placed["userId"]) == ("PLACED", str(alice.id))
    assert assistant.data("get_order", orderId=placed["id"]) == placed == rest.get(f"/v1/orders/{placed['id']}").json()
    cancelled = assistant.data("cancel_order", orderId=placed["id"].upper())
    assert cancelled == rest.get(f"/v1/orders/{placed['id']}").json()
    assert cancelled["status"] == "CANCELLED"
    assert count_rows() == (1, ["AVAILABLE"])


def test_nobody_in_particular_orders_and_cancels(pool: Tenant, stray: Pet) -> None:
    placed = Assistant().data("create_order", petId=str(stray.id))
    assert placed["userId"] is None
    assert Assistant().data("cancel_order", orderId=placed["id"])["status"] == "CANCELLED"


def test_staff_order_for_a_customer(alice: User, sam: User, rex: Pet) -> None:
    placed = Assistant.of(sam).data("create_order", petId=str(rex.id), userId=str(alice.id))
    assert placed["userId"] == str(alice.id)


def test_a_cancelled_order_gets_its_money_back(in_acme: Tenant, alice: User, rex: Pet, revenue_at_once: None) -> None:
    order = OrderFactory.create(tenant=in_acme, pet=rex, customer=alice)
    payment = pay(order)
    assert Assistant.of(alice).data("cancel_order", orderId=str(order.id))["status"] == "CANCELLED"
    payment.refresh_from_db()
    assert payment.status == "REFUNDED"


class TestIdempotencyKey:
    """A retry of `create_order` with the same key."""

    def test_gives_the_first_answer_again_and_orders_nothing(self, alice: User, rex: Pet) -> None:
        assistant = Assistant.of(alice)
        first = assistant.data("create_order", petId=str(rex.id), idempotencyKey="once")
        assistant.data("cancel_order", orderId=first["id"])
        assert assistant.data("create_order", petId=str(rex.id), idempotencyKey="once") == first
        assert count_rows() == (1, ["AVAILABLE"])

    def test_with_other_arguments_is_refused(self, alice: User, acme: Tenant, rex: Pet) -> None:
        other = PetFactory.create(tenant=acme)
        assistant = Assistant.of(alice)
        assistant.data("create_order", petId=str(rex.id), idempotencyKey="once")
        problem = assistant.refusal("create_order", petId=str(other.id), idempotencyKey="once")
        assert slug_of(problem) == (422, "idempotency-key-reused")
        assert count_rows() == (1, ["AVAILABLE", "PENDING"])

    def test_of_another_caller_is_another_key(self, alice: User, bob: User, acme: Tenant, rex: Pet) -> None:
        other = PetFactory.create(tenant=acme)
        Assistant.of(alice).data("create_order", petId=str(rex.id), idempotencyKey="once")
        Assistant.of(bob).data("create_order", petId=str(other.id), idempotencyKey="once")
        assert count_rows()[0] == 2

    def test_over_rest_is_another_key(self, api: Client, alice: User, acme: Tenant, rex: Pet) -> None:
        other = PetFactory.create(tenant=acme)
        Assistant.of(alice).data("create_order", petId=str(rex.id), idempotencyKey="once")
        body = {"petId": str(other.id)}
        assert api.as_(alice).post("/v1/orders", body, HTTP_IDEMPOTENCY_KEY="once").status_code == 201

    def test_after_a_refusal_is_free_again(self, alice: User, rex: Pet) -> None:
        assistant = Assistant.of(alice)
        placed = assistant.data("create_order", petId=str(rex.id))
        assert assistant.refusal("create_order", petId=str(rex.id), idempotencyKey="once")["status"] == 409
        assistant.data("cancel_order", orderId=placed["id"])
        assert assistant.data("create_order", petId=str(rex.id), idempotencyKey="once")["id"] != placed["id"]


@pytest.mark.parametrize(
    ("tool", "arguments", "field", "code"),
    [
        ("search_pets", {"species": "FISH"}, "species", "invalid_choice"),
        ("search_pets", {"species": ""}, "species", "blank"),
        ("search_pets", {"species": ["DOG"]}, "species", "invalid"),
        ("search_pets", {"species": None}, "species", "null"),
        ("search_pets", {"status": "SOLD"}, "status", "invalid_choice"),
        ("search_pets", {"size": "HUGE"}, "size", "invalid_choice"),
        ("search_pets", {"goodWithKids": "true"}, "goodWithKids", "invalid"),
        ("search_pets", {"goodWithKids": 1}, "goodWithKids", "invalid"),
        ("search_pets", {"ageMin": "3"}, "ageMin", "invalid"),
        ("search_pets", {"ageMin": 3.5}, "ageMin", "invalid"),
        ("search_pets", {"ageMin": True}, "ageMin", "invalid"),
        ("search_pets", {"ageMax": -1}, "ageMax", "invalid"),
        ("search_pets", {"ageMax": 2**31}, "ageMax", "max_value"),
        ("search_pets", {"ageMax": 2**62}, "ageMax", "invalid"),
        ("search_pets", {"priceMin": 5}, "priceMin", "invalid"),
        ("search_pets", {"priceMin": "1e3"}, "priceMin", "invalid_amount"),
        ("search_pets", {"priceMax": "-1"}, "priceMax", "invalid_amount"),
        ("search_pets", {"search": "x" * 201}, "search", "max_length"),
        ("search_pets", {"page": 0}, "page", "out_of_range"),
        ("search_pets", {"page": 2**60}, "page", "out_of_range"),
        ("search_pets", {"page": 5002, "limit": 20}, "page", "page_too_deep"),
        ("search_pets", {"limit": 101}, "limit", "out_of_range"),
        ("search_pets", {"limit": "20"}, "limit", "invalid"),
        ("search_pets", {"sort": "price"}, "sort", "unknown_field"),
        ("search_pets", {"cursor": "x"}, "cursor", "unknown_field"),
        ("get_pet", {}, "petId", "required"),
        ("get_pet", {"petId": 7}, "petId", "invalid"),
        ("get_pet", {"petId": None}, "petId", "null"),
        ("get_pet", {"petId": NOBODY, "expand": "photos"}, "expand", "unknown_field"),
        ("create_order", {}, "petId", "required"),
        ("create_order", {"petId": "rex"}, "petId", "invalid"),
        ("create_order", {"petId": NOBODY.replace("-", "")}, "petId", "invalid"),
        ("create_order", {"petId": "RIGHT", "userId": "me"}, "userId", "invalid"),
        ("create_order", {"petId": "RIGHT", "userId": None}, "userId", "null"),
        ("create_order", {"petId": "RIGHT", "idempotencyKey": ""}, "idempotencyKey", "blank"),
        ("create_order", {"petId": "RIGHT", "idempotencyKey": "k" * 256}, "idempotencyKey", "max_length"),
        ("create_order", {"petId": "RIGHT", "idempotencyKey": "schlüssel"}, "idempotencyKey", "invalid"),
        ("create_order", {"petId": "RIGHT", "idempotencyKey": "a\nb"}, "idempotencyKey", "invalid"),
        ("create_order", {"petId": "RIGHT", "quantity": 1}, "quantity", "unknown_field"),
        ("create_order", {"petId": "RIGHT", "cardNumber": "4242424242424242"}, "cardNumber", "unknown_field"),
        ("get_order", {}, "orderId", "required"),
        ("get_order", {"orderId": {}}, "orderId", "invalid"),
        ("cancel_order", {"orderId": NOBODY, "reason": "none"}, "reason", "unknown_field"),
        ("get_inventory", {"status": "AVAILABLE"}, "status", "unknown_field"),
    ],
)
def test_a_bad_argument_is_a_validation_error_and_stores_nothing(
    alice: User, rex: Pet, tool: str, arguments: dict[str, Any], field: str, code: str
) -> None:
    before = count_rows()
    if arguments.get("petId") == "RIGHT":
        arguments = arguments | {"petId": str(rex.id)}
    problem = Assistant.of(alice).refusal(tool, **arguments)
    assert slug_of(problem) == (400, "validation-error")
    assert [(fault["field"], fault["code"]) for fault in problem["errors"]] == [(field, code)]
    assert "4242424242424242" not in json.dumps(problem)
    assert count_rows() == before


@pytest.mark.parametrize("wrong", ["no-uuid", "", "0", NOBODY, NOBODY + "0", "../pets"])
@pytest.mark.parametrize(
    ("tool", "argument"), [("get_pet", "petId"), ("get_order", "orderId"), ("cancel_order", "orderId")]
)
def test_an_id_that_nothing_has_is_not_found(alice: User, tool: str, argument: str, wrong: str) -> None:
    assert slug_of(Assistant.of(alice).refusal(tool, **{argument: wrong})) == (404, "not-found")


def test_the_same_refusal_is_the_same_problem_as_over_rest(api: Client, alice: User, rex: Pet) -> None:
    assistant, rest = Assistant.of(alice), api.as_(alice)
    assistant.data("create_order", petId=str(rex.id))
    pairs = [
        (assistant.refusal("create_order", petId=str(rex.id)), rest.post("/v1/orders", {"petId": str(rex.id)})),
        (assistant.refusal("create_order", petId="rex"), rest.post("/v1/orders", {"petId": "rex"})),
        (assistant.refusal("create_order", petId=NOBODY), rest.post("/v1/orders", {"petId": NOBODY})),
        (assistant.refusal("get_pet", petId=NOBODY), rest.get(f"/v1/pets/{NOBODY}")),
        (assistant.refusal("search_pets", priceMin="1e3"), rest.get("/v1/pets?priceMin=1e3")),
        (assistant.refusal("search_pets", limit=0), rest.get("/v1/pets?limit=0")),
    ]
    for told, over_rest in pairs:
        assert told | {"instance": ""} == over_rest.json() | {"instance": ""}


def test_an_order_of_somebody_else_is_refused_and_stays(alice: User, bob: User, in_acme: Tenant, rex: Pet) -> None:
    order = OrderFactory.create(tenant=in_acme, pet=rex, customer=alice)
    assert slug_of(Assistant.of(bob).refusal("get_order", orderId=str(order.id))) == (403, "forbidden")
    assert slug_of(Assistant.of(bob).refusal("cancel_order", orderId=str(order.id))) == (403, "forbidden")
    assert slug_of(Assistant.of(bob).refusal("create_order", petId=str(rex.id), userId=str(alice.id)))[0] == 403
    order.refresh_from_db()
    assert order.status == "PLACED"


def test_a_step_that_the_states_do_not_allow_is_a_conflict(in_acme: Tenant, alice: User, rex: Pet) -> None:
    order = order_in(Status.SHIPPED, tenant=in_acme, pet=rex, customer=alice)
    assert slug_of(Assistant.of(alice).refusal("cancel_order", orderId=str(order.id))) == (409, "conflict")
    order.refresh_from_db()
    assert order.status == "SHIPPED"


@pytest.mark.parametrize("version", VERSIONS)
def test_an_unknown_tool_is_an_error_of_the_protocol(pool: Tenant, version: str) -> None:
    error = Assistant(version).error("tools/call", {"name": "pay_order", "arguments": {"number": "4242424242424242"}})
    assert error["code"] == -32602
    assert "4242" not in json.dumps(error)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("arguments", ["text", [], 7])
def test_arguments_that_are_no_object_are_an_error_of_the_protocol(
    pool: Tenant, version: str, arguments: object
) -> None:
    assert Assistant(version).error("tools/call", {"name": "search_pets", "arguments": arguments})["code"] == -32602


def test_a_defect_says_nothing_but_the_id_of_the_request(
    pool: Tenant, stray: Pet, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: object) -> Any:
        raise RuntimeError("the secret of the house")

    monkeypatch.setitem(TOOLS, "get_pet", TOOLS["get_pet"].__class__(TOOLS["get_pet"].use_case, broken))
    problem = Assistant().refusal("get_pet", petId=str(stray.id))
    assert slug_of(problem) == (500, "internal-server-error")
    assert problem["requestId"]
    assert "secret" not in json.dumps(problem)
    assert "the secret of the house" in caplog.text


def test_an_address_holds_so_many_unpaid_orders_over_both(api: Client, pool: Tenant, settings: Settings) -> None:
    settings.ANONYMOUS_ORDER_LIMIT = 2
    pets = [PetFactory.create() for _ in range(3)]
    Assistant().data("create_order", petId=str(pets[0].id))
    assert api.post("/v1/orders", {"petId": str(pets[1].id)}).status_code == 201
    assert slug_of(Assistant().refusal("create_order", petId=str(pets[2].id))) == (429, "rate-limit-exceeded")
    with tenant_scope(pool.id):
        assert Order.objects.count() == 2

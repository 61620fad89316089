"""Resources: pets and orders as REST has them (contract, MCP)."""

import json

import pytest

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from petstore.interfaces.mcp import catalogue
from petstore.interfaces.mcp.resources import PAGE_SIZE
from tenants.models import Tenant
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.mcp.assistants import PER_REQUEST, VERSIONS, Assistant, slug_of
from tests.mcp.test_tools import NOBODY, WRITTEN

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("version", VERSIONS)
def test_the_templates_are_as_they_are_written(pool: Tenant, version: str) -> None:
    assert Assistant(version).result("resources/templates/list")["resourceTemplates"] == WRITTEN["resourceTemplates"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_pet_and_an_order_are_rest_s(api: Client, acme: Tenant, alice: User, rex: Pet, version: str) -> None:
    order: Order = OrderFactory.create(tenant=acme, pet=rex, customer=alice)
    for path, uri in (
        (f"pets/{rex.id}", f"petstore://pets/{rex.id}"),
        (f"orders/{order.id}", f"petstore://orders/{order.id}"),
    ):
        [content] = Assistant.of(alice, version=version).result("resources/read", {"uri": uri})["contents"]
        assert (content["uri"], content["mimeType"]) == (uri, "application/json")
        assert json.loads(content["text"]) == api.as_(alice).get(f"/v1/{path}").json()


@pytest.mark.parametrize(
    "uri",
    [
        f"petstore://pets/{NOBODY}",
        f"petstore://orders/{NOBODY}",
        "petstore://orders/mine",
        f"petstore://users/{NOBODY}",
        f"petstore://pets/{NOBODY}/photos",
        f"petstore://pets/{NOBODY}?x=1",
        "petstore://pets",
        "file:///etc/passwd",
        "http://127.0.0.1/healthz",
        "",
    ],
)
def test_what_there_is_not_is_not_found(alice: User, uri: str) -> None:
    error = Assistant.of(alice).error("resources/read", {"uri": uri})
    assert error["code"] == -32602
    assert slug_of(error["data"]) == (404, "not-found")
    assert error["data"]["instance"] == "/mcp"


def test_an_order_of_somebody_else_is_refused(acme: Tenant, alice: User, bob: User, rex: Pet) -> None:
    order = OrderFactory.create(tenant=acme, pet=rex, customer=alice)
    error = Assistant.of(bob).error("resources/read", {"uri": f"petstore://orders/{order.id}"})
    assert error["code"] == -32602
    assert slug_of(error["data"]) == (403, "forbidden")


def test_the_list_has_the_available_pets_page_by_page(pool: Tenant) -> None:
    pets = [PetFactory.create() for _ in range(PAGE_SIZE * 2 + 3)]
    PetFactory.create(status=Pet.Status.NOT_AVAILABLE)
    seen, cursor = [], None
    for size in (PAGE_SIZE, PAGE_SIZE, 3):
        page = Assistant().result("resources/list", {"cursor": cursor} if cursor else {})
        assert len(page["resources"]) == size
        seen += [row["uri"] for row in page["resources"]]
        cursor = page.get("nextCursor")
    assert cursor is None
    assert seen == [f"petstore://pets/{pet.id}" for pet in pets]
    first = page["resources"][0]
    assert (first["name"], first["mimeType"], first["description"]) == (
        pets[-3].name,
        "application/json",
        "DOG, 18 months, 150.00 USD",
    )


@pytest.mark.parametrize("cursor", ["nonsense", "", "cD0x", "Ä", "x" * 5000])
def test_a_cursor_of_another_list_is_refused(pool: Tenant, cursor: str) -> None:
    error = Assistant().error("resources/list", {"cursor": cursor})
    assert error["code"] == -32602
    assert slug_of(error["data"]) == (400, "validation-error")


@pytest.mark.parametrize("method", ["tools/list", "prompts/list", "resources/templates/list"])
def test_a_list_of_one_page_takes_no_cursor(pool: Tenant, method: str) -> None:
    assert Assistant().error(method, {"cursor": "x"})["code"] == -32602


def test_rows_are_fresh_for_nobody_else_and_no_time(pool: Tenant, stray: Pet) -> None:
    assistant = Assistant(PER_REQUEST)
    for method, params in (
        ("resources/list", {}),
        ("resources/read", {"uri": f"petstore://pets/{stray.id}"}),
        ("resources/templates/list", {}),
        ("tools/list", {}),
    ):
        result = assistant.result(method, params)
        assert (result["ttlMs"], result["cacheScope"]) == (0, "private")
    assert "ttlMs" not in Assistant().result("resources/list")


def test_the_words_of_the_list_are_the_templates(pool: Tenant) -> None:
    assert [one["uriTemplate"] for one in catalogue.RESOURCE_TEMPLATES] == [
        "petstore://pets/{id}",
        "petstore://orders/{id}",
    ]

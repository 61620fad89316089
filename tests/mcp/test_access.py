"""Who may come in, and how the others learn what they need (contract, MCP and Tenancy)."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.services.tenants import change_tenant
from kernel.actor import SYSTEM
from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tests.client import Client
from tests.factories import CustomerFactory, OrderFactory, PetFactory, TenantFactory
from tests.mcp.assistants import VERSIONS, Assistant, slug_of
from tests.mcp.test_tools import count_rows
from tests.rest.problems import assert_problem
from tests.rest.tokens import access, signed, suspend

pytestmark = pytest.mark.django_db

METADATA = 'resource_metadata="http://testserver/.well-known/oauth-protected-resource/mcp"'
SCOPE_OF_TOOL = {
    "search_pets": "read:pets",
    "get_pet": "read:pets",
    "get_inventory": "read:pets",
    "get_order": "read:orders",
    "create_order": "write:orders",
    "cancel_order": "write:orders",
}
SCOPES = ("read:pets", "write:pets", "read:orders", "write:orders", "read:user", "write:user", "chat:write")
UNKNOWN = "019b4139-1234-7abc-8def-123456789abc"


def arguments_for(tool: str, pet: Pet, order: Order) -> dict[str, str]:
    if tool in ("get_order", "cancel_order"):
        return {"orderId": str(order.id)}
    return {"petId": str(pet.id)} if tool in ("get_pet", "create_order") else {}


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("tool", SCOPE_OF_TOOL)
def test_a_tool_wants_its_own_scope_and_no_other(alice: User, acme: Tenant, rex: Pet, tool: str, scope: str) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    before = count_rows()
    params = {"name": tool, "arguments": arguments_for(tool, rex, order)}
    response = Assistant.of(alice, scope).ask("tools/call", params)
    if scope == SCOPE_OF_TOOL[tool]:
        assert response.json()["result"]["isError"] is False
        return
    assert_problem(response, 403, "forbidden")
    wanted = SCOPE_OF_TOOL[tool]
    assert response["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{wanted}", {METADATA}'
    assert count_rows() == before


@pytest.mark.parametrize(
    ("method", "params", "scope"),
    [
        ("resources/list", {}, "read:pets"),
        ("resources/read", {"uri": f"petstore://pets/{UNKNOWN}"}, "read:pets"),
        ("resources/read", {"uri": f"petstore://orders/{UNKNOWN}"}, "read:orders"),
        (
            "subscriptions/listen",
            {"notifications": {"resourceSubscriptions": [f"petstore://orders/{UNKNOWN}"]}},
            "read:orders",
        ),
    ],
)
def test_a_resource_wants_its_scope(alice: User, method: str, params: dict[str, Any], scope: str) -> None:
    response = Assistant.of(alice, "write:user", version="2026-07-28").ask(method, params)
    assert_problem(response, 403, "forbidden")
    assert response["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{scope}", {METADATA}'


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("tool", ["get_order", "cancel_order"])
def test_somebody_s_order_asks_whoever_has_no_token_to_log_in(
    pool: Tenant, stray: Pet, tool: str, version: str
) -> None:
    order = OrderFactory.create(pet=stray, customer=CustomerFactory.create())
    nobodys = OrderFactory.create(pet=PetFactory.create())
    before, scope = count_rows(), SCOPE_OF_TOOL[tool]
    response = Assistant(version).ask("tools/call", {"name": tool, "arguments": {"orderId": str(order.id)}})
    assert_problem(response, 401, "unauthorized")
    assert response["WWW-Authenticate"] == f'Bearer {METADATA}, scope="{scope}"'
    read = Assistant(version).ask("resources/read", {"uri": f"petstore://orders/{order.id}"})
    assert (read.status_code, read["WWW-Authenticate"]) == (401, f'Bearer {METADATA}, scope="read:orders"')
    assert count_rows() == before
    open_to_all = Assistant(version).ask("tools/call", {"name": tool, "arguments": {"orderId": str(nobodys.id)}})
    assert open_to_all.json()["result"]["isError"] is False


@pytest.mark.parametrize("version", VERSIONS)
def test_the_handshake_and_the_lists_want_no_scope(alice: User, version: str) -> None:
    assistant = Assistant.of(alice, "chat:write", version=version)
    for method in ("tools/list", "prompts/list", "resources/templates/list"):
        assert assistant.ask(method).status_code == 200


@pytest.mark.parametrize("version", VERSIONS)
def test_a_tool_that_needs_a_token_sends_those_without_one_to_log_in(pool: Tenant, version: str) -> None:
    response = Assistant(version).ask("tools/call", {"name": "get_inventory", "arguments": {}})
    assert_problem(response, 401, "unauthorized")
    assert response["WWW-Authenticate"] == f'Bearer {METADATA}, scope="read:pets"'


def test_the_metadata_that_a_401_names_are_there(client: Any, pool: Tenant, settings: Settings) -> None:
    response = Assistant().ask("tools/call", {"name": "get_inventory", "arguments": {}})
    address = response["WWW-Authenticate"].partition('resource_metadata="')[2].partition('"')[0]
    told = client.get(address.removeprefix("http://testserver")).json()
    assert told["resource"] == "http://testserver/mcp"
    assert told["authorization_servers"] == ["http://testserver"]


def test_a_public_address_stands_in_the_challenge(pool: Tenant, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://shop.example"
    response = Assistant().ask("tools/call", {"name": "get_inventory", "arguments": {}})
    assert 'resource_metadata="https://shop.example/.well-known/' in response["WWW-Authenticate"]


BAD_TOKENS = ["Bearer nonsense", "Bearer ", "Basic YWxpY2U6cHc=", "psk_123"]


@pytest.mark.parametrize("header", BAD_TOKENS)
@pytest.mark.parametrize(
    ("method", "params", "scopes"),
    [
        ("tools/list", {}, "read:pets read:orders write:orders"),
        ("tools/call", {"name": "search_pets", "arguments": {}}, "read:pets"),
        ("ping", {}, "read:pets read:orders write:orders"),
    ],
)
def test_a_bad_token_is_refused_whatever_is_asked(
    pool: Tenant, header: str, method: str, params: dict[str, Any], scopes: str
) -> None:
    response = Assistant(headers={"HTTP_AUTHORIZATION": header}).ask(method, params)
    assert_problem(response, 401, "unauthorized")
    assert response["WWW-Authenticate"] == f'Bearer error="invalid_token", {METADATA}, scope="{scopes}"'


def test_a_token_ends_with_its_user_s_suspension_and_with_its_time(alice: User, rex: Pet) -> None:
    assistant, token = Assistant.of(alice), access(alice)
    assert assistant.data("get_pet", petId=str(rex.id))
    old = Assistant(headers=assistant.headers | {"HTTP_AUTHORIZATION": f"Bearer {signed(token, exp=10**9)}"})
    suspend(alice)
    for refused in (assistant, old):
        response = refused.ask("tools/call", {"name": "create_order", "arguments": {"petId": str(rex.id)}})
        assert_problem(response, 401, "unauthorized")
        assert 'error="invalid_token"' in response["WWW-Authenticate"]
    assert count_rows() == (0, ["AVAILABLE"])


class TestTenant:
    """The tenant stands where REST has it, and is refused as over REST."""

    @pytest.mark.parametrize("header", ["", "acme", f"{UNKNOWN},{UNKNOWN}", "00000000-0000-0000-0000-000000000001"])
    def test_that_is_no_uuid_is_400(self, pool: Tenant, header: str) -> None:
        assert_problem(Assistant(headers={"HTTP_X_TENANT_ID": header}).ask("tools/list"), 400, "bad-request")

    def test_that_nobody_knows_is_404(self, pool: Tenant, settings: Settings) -> None:
        settings.TENANT_AUTO_PROVISION = False
        assert_problem(Assistant(headers={"HTTP_X_TENANT_ID": UNKNOWN}).ask("tools/list"), 404, "not-found")

    def test_that_is_suspended_is_403(self, pool: Tenant) -> None:
        shop = TenantFactory.create(access=Tenant.Access.OPEN)
        assert Assistant().at(shop).ask("tools/list").status_code == 200
        change_tenant(
            tenant_id=shop.id, actor=SYSTEM, name=shop.name, access=shop.access, status=Tenant.Status.SUSPENDED
        )
        assert_problem(Assistant().at(shop).ask("tools/list"), 403, "forbidden")

    def test_of_members_sends_strangers_to_log_in(self, acme: Tenant) -> None:
        response = Assistant().at(acme).ask("initialize", {})
        assert_problem(response, 401, "unauthorized")
        assert response["WWW-Authenticate"] == f'Bearer {METADATA}, scope="read:pets read:orders write:orders"'

    def test_of_others_is_403_for_a_token(self, alice: User, globex: Tenant) -> None:
        assert_problem(Assistant.of(alice, at=globex).ask("tools/list"), 403, "forbidden")

    def test_is_made_by_the_first_order_in_it(self, pool: Tenant, api: Client) -> None:
        new = Assistant(headers={"HTTP_X_TENANT_ID": UNKNOWN})
        assert new.data("search_pets")["data"] == []
        assert slug_of(new.refusal("create_order", petId=UNKNOWN)) == (404, "not-found")


class TestWalls:
    """What belongs to one tenant is not there for the others."""

    @pytest.fixture
    def order(self, acme: Tenant, alice: User, rex: Pet) -> Order:
        placed: Order = OrderFactory.create(tenant=acme, pet=rex, customer=alice)
        return placed

    def test_pets_and_orders_of_another_tenant_are_not_found(
        self, order: Order, rex: Pet, charlie: User, gina: User, mia: Pet
    ) -> None:
        before = count_rows()
        for assistant in (Assistant.of(charlie), Assistant.of(gina), Assistant()):
            for tool, arguments in (
                ("get_pet", {"petId": str(rex.id)}),
                ("create_order", {"petId": str(rex.id)}),
                ("get_order", {"orderId": str(order.id)}),
                ("cancel_order", {"orderId": str(order.id)}),
            ):
                assert slug_of(assistant.refusal(tool, **arguments)) == (404, "not-found")
            for uri in (f"petstore://pets/{rex.id}", f"petstore://orders/{order.id}"):
                assert slug_of(assistant.error("resources/read", {"uri": uri})["data"]) == (404, "not-found")
        assert count_rows() == before

    def test_lists_and_figures_have_one_s_own_rows_only(
        self, order: Order, rex: Pet, charlie: User, mia: Pet, stray: Pet
    ) -> None:
        assistant = Assistant.of(charlie)
        assert [pet["name"] for pet in assistant.data("search_pets", status="ALL")["data"]] == ["Mia"]
        assert [row["name"] for row in assistant.result("resources/list")["resources"]] == ["Mia"]
        assert assistant.data("get_inventory")["bySpecies"] == {"CAT": 1}
        assert [pet["name"] for pet in Assistant().data("search_pets", status="ALL")["data"]] == ["Stray"]


def test_the_journal_knows_the_call(alice: User, rex: Pet, root: User, api: Client) -> None:
    params = {"name": "create_order", "arguments": {"petId": str(rex.id)}}
    response = Assistant.of(alice).ask("tools/call", params, HTTP_X_REQUEST_ID="call-7")
    assert response["X-Request-ID"] == "call-7"
    logs = api.as_(root, at=alice.tenant).get("/v1/admin/audit-logs?action=ORDER_CREATED").json()["data"]
    assert [(log["requestId"], log["userId"], log["ipAddress"]) for log in logs] == [
        ("call-7", str(alice.id), "127.0.0.1")
    ]


def test_an_order_without_a_token_is_read_by_whoever_knows_its_id(alice: User, pool: Tenant) -> None:
    placed = Assistant().data("create_order", petId=str(PetFactory.create().id))
    assert Assistant().data("get_order", orderId=placed["id"]) == placed

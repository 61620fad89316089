"""Who may come in, and what belongs to whom (contract, SOAP and Tenancy)."""

from typing import Any, Final

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.services.tenants import change_tenant
from kernel.actor import SYSTEM
from orders.models import Order
from pets.models import Pet
from petstore.interfaces.soap.operations import OPERATIONS
from tenants.models import Tenant
from tests.client import Client
from tests.factories import CustomerFactory, OrderFactory, PetFactory, TenantFactory
from tests.rest.tokens import access, signed, suspend
from tests.soap.consumers import Consumer, count_rows, read_problem, slug_of

pytestmark = pytest.mark.django_db

SCOPE_OF: Final = {
    "ListPets": "read:pets",
    "GetPet": "read:pets",
    "GetOrder": "read:orders",
    "CreateOrder": "write:orders",
    "CancelOrder": "write:orders",
}
SCOPES: Final = ("read:pets", "write:pets", "read:orders", "write:orders", "read:user", "write:user", "chat:write")
UNKNOWN: Final = "019b4139-1234-7abc-8def-123456789abc"


def fields_for(operation: str, pet: Pet, order: Order) -> dict[str, str]:
    if operation == "CreateOrder":
        return {"petId": str(pet.id)}
    return {"GetPet": {"id": str(pet.id)}, "ListPets": {}}.get(operation, {"id": str(order.id)})


@pytest.mark.parametrize("operation", OPERATIONS)
def test_an_operation_wants_its_own_scope_and_no_other(
    api: Client, alice: User, acme: Tenant, rex: Pet, operation: str
) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    fields, wanted = fields_for(operation, rex, order), SCOPE_OF[operation]
    before = count_rows()
    for scope in set(SCOPES) - {wanted}:
        response = Consumer.of(alice, scope).ask(operation, fields)
        problem = read_problem(response)
        assert slug_of(problem) == (403, "forbidden")
        assert problem["detail"] == f"The token lacks the scope {wanted}."
        assert response["WWW-Authenticate"] == f'Bearer error="insufficient_scope", scope="{wanted}"'
    assert count_rows() == before
    assert Consumer.of(alice, wanted).ask(operation, fields).status_code == 200


@pytest.mark.parametrize("operation", ["GetOrder", "CancelOrder"])
def test_somebody_s_order_asks_whoever_has_no_token_to_log_in(pool: Tenant, stray: Pet, operation: str) -> None:
    order = OrderFactory.create(pet=stray, customer=CustomerFactory.create())
    nobodys = OrderFactory.create(pet=PetFactory.create())
    before = count_rows()
    response = Consumer().ask(operation, {"id": str(order.id)})
    assert slug_of(read_problem(response)) == (401, "unauthorized")
    assert response["WWW-Authenticate"] == "Bearer"
    assert count_rows() == before
    assert Consumer().ask(operation, {"id": str(nobodys.id)}).status_code == 200


@pytest.mark.parametrize("header", ["Bearer nonsense", "Bearer ", "Basic YWxpY2U6cHc=", "psk_123"])
@pytest.mark.parametrize("operation", ["ListPets", "Nothing"])
def test_a_bad_token_is_refused_whatever_is_asked(pool: Tenant, header: str, operation: str) -> None:
    response = Consumer({"HTTP_AUTHORIZATION": header}).ask(operation)
    assert slug_of(read_problem(response)) == (401, "unauthorized")
    assert response["WWW-Authenticate"] == 'Bearer error="invalid_token"'


def test_a_token_ends_with_its_user_s_suspension_and_with_its_time(alice: User, rex: Pet) -> None:
    consumer, token = Consumer.of(alice), access(alice)
    assert consumer.call("GetPet", id=str(rex.id))
    old = Consumer(consumer.headers | {"HTTP_AUTHORIZATION": f"Bearer {signed(token, exp=10**9)}"})
    suspend(alice)
    for refused in (consumer, old):
        assert slug_of(refused.refusal("CreateOrder", petId=str(rex.id))) == (401, "unauthorized")
    assert count_rows() == (0, ["AVAILABLE"])


class TestTenant:
    """The tenant stands where REST has it, and is refused as over REST, in a fault."""

    @pytest.mark.parametrize("header", ["", "acme", f"{UNKNOWN},{UNKNOWN}", "00000000-0000-0000-0000-000000000001"])
    def test_that_is_no_uuid_is_a_bad_request(self, pool: Tenant, header: str) -> None:
        assert slug_of(Consumer({"HTTP_X_TENANT_ID": header}).refusal("ListPets")) == (400, "bad-request")

    def test_that_nobody_knows_is_not_found(self, pool: Tenant, settings: Settings) -> None:
        settings.TENANT_AUTO_PROVISION = False
        assert slug_of(Consumer({"HTTP_X_TENANT_ID": UNKNOWN}).refusal("ListPets")) == (404, "not-found")

    def test_that_is_suspended_is_forbidden(self, pool: Tenant) -> None:
        shop = TenantFactory.create(access=Tenant.Access.OPEN)
        assert Consumer().at(shop).ask("ListPets").status_code == 200
        change_tenant(
            tenant_id=shop.id, actor=SYSTEM, name=shop.name, access=shop.access, status=Tenant.Status.SUSPENDED
        )
        assert slug_of(Consumer().at(shop).refusal("ListPets")) == (403, "forbidden")

    def test_of_members_sends_strangers_to_log_in(self, acme: Tenant, rex: Pet) -> None:
        assert slug_of(Consumer().at(acme).refusal("GetPet", id=str(rex.id))) == (401, "unauthorized")

    def test_of_others_is_forbidden_for_a_token(self, alice: User, globex: Tenant, mia: Pet) -> None:
        assert slug_of(Consumer.of(alice, at=globex).refusal("GetPet", id=str(mia.id))) == (403, "forbidden")

    def test_that_is_new_has_no_pets(self, pool: Tenant, stray: Pet) -> None:
        new = Consumer({"HTTP_X_TENANT_ID": UNKNOWN})
        assert new.call("ListPets") == {
            "pets": [],
            "pagination": {"page": 1, "limit": 20, "totalItems": 0, "totalPages": 0},
        }
        assert slug_of(new.refusal("CreateOrder", petId=str(stray.id))) == (404, "not-found")


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
        for consumer in (Consumer.of(charlie), Consumer.of(gina), Consumer()):
            for operation in ("GetPet", "CreateOrder", "GetOrder", "CancelOrder"):
                told = consumer.refusal(operation, **fields_for(operation, rex, order))
                assert slug_of(told) == (404, "not-found")
        assert count_rows() == before

    def test_a_list_has_one_s_own_rows_only(self, order: Order, charlie: User, mia: Pet, stray: Pet) -> None:
        for consumer, name in ((Consumer.of(charlie), "Mia"), (Consumer(), "Stray")):
            told = consumer.call("ListPets", allStatuses=True)
            assert [pet["name"] for pet in told["pets"]] == [name]
            assert told["pagination"]["totalItems"] == 1

    def test_an_order_of_somebody_else_is_refused_and_stays(self, order: Order, bob: User, alice: User) -> None:
        before = count_rows()
        for operation in ("GetOrder", "CancelOrder"):
            assert slug_of(Consumer.of(bob).refusal(operation, id=str(order.id))) == (403, "forbidden")
        free = PetFactory.create(tenant=bob.tenant)
        told = Consumer.of(bob).refusal("CreateOrder", petId=str(free.id), userId=str(alice.id))
        assert slug_of(told) == (403, "forbidden")
        assert count_rows() == (before[0], ["AVAILABLE", *before[1]])


def test_the_journal_knows_the_call(alice: User, rex: Pet, root: User, api: Client) -> None:
    response = Consumer.of(alice).ask("CreateOrder", {"petId": str(rex.id)}, HTTP_X_REQUEST_ID="call-7")
    assert response["X-Request-ID"] == "call-7"
    logs = api.as_(root, at=alice.tenant).get("/v1/admin/audit-logs?action=ORDER_CREATED").json()["data"]
    assert [(log["requestId"], log["userId"], log["ipAddress"]) for log in logs] == [
        ("call-7", str(alice.id), "127.0.0.1")
    ]


@pytest.mark.parametrize("number", ["4242424242424242", "4000 0000 0000 0002"])
def test_a_card_number_is_nowhere_in_a_refusal_or_a_log(
    alice: User, rex: Pet, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    fields: list[tuple[str, dict[str, Any]]] = [
        ("GetPet", {"id": number}),
        ("CreateOrder", {"petId": number}),
        ("CreateOrder", {"petId": str(rex.id), "userId": number}),
        ("CreateOrder", {"petId": str(rex.id), f"n{number.replace(' ', '')}": number}),
        ("ListPets", {"species": number}),
        ("ListPets", {"ageMin": number}),
    ]
    for operation, given in fields:
        response = Consumer.of(alice).ask(operation, given, HTTP_SOAPACTION='""')
        assert response.status_code == 500
        assert number.replace(" ", "") not in response.content.decode().replace(" ", "")
    assert number not in caplog.text
    assert count_rows() == (0, ["AVAILABLE"])

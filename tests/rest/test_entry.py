"""X-Tenant-ID: its spelling, who gets in, and tenants that nobody opened (contract, Tenancy)."""

from typing import Any
from uuid import UUID, uuid1, uuid4, uuid5

import pytest
from pytest_django import Settings

from accounts.models import User
from accounts.services.tenants import add_tenant_member, change_tenant
from kernel import ids
from kernel.actor import SYSTEM
from orders.models import Order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.client import Client
from tests.factories import PASSWORD, OrderFactory, TenantFactory
from tests.minting import tokens_for
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot

V4 = "6ba7b814-9dad-41d1-80b4-00c04fd430c8"
BAD_HEADERS = {
    "empty": "",
    "blank": " ",
    "a word": "acme",
    "nil": str(UUID(int=0)),
    "max": str(UUID(int=2**128 - 1)),
    "version 1": str(uuid1()),
    "version 5": str(uuid5(UUID(V4), "acme")),
    "version 8": V4.replace("-41d1-", "-81d1-"),
    "another variant": V4.replace("-80b4-", "-c0b4-"),
    "the shared pool": str(SHARED_POOL_ID),
    "repeated": f"{V4},{V4}",
    "repeated with a blank": f"{V4}, {uuid4()}",
    "braces": f"{{{V4}}}",
    "a URN": f"urn:uuid:{V4}",
    "no dashes": V4.replace("-", ""),
    "too long": f"{V4}0",
    "NUL": f"{V4}\0",
    "a line's end": f"{V4}\n",
    "other digits": V4.replace("6", "\N{FULLWIDTH DIGIT SIX}"),
}


@pytest.fixture
def order(db: None) -> Order:
    """An anonymous order in an OPEN tenant."""
    placed: Order = OrderFactory.create(tenant=TenantFactory.create(access=Tenant.Access.OPEN))
    return placed


def _read(client: Client, order: Order, header: object = None) -> Any:
    extra: dict[str, Any] = {} if header is None else {"HTTP_X_TENANT_ID": str(header)}
    return client.get(f"/v1/orders/{order.id}", **extra)


def _abroad(user: User, tenant_id: object) -> Client:
    """The user with a token of their home, in another tenant or, for None, in the shared pool."""
    with tenant_scope(user.tenant_id):
        token = tokens_for(user).token
    client = Client()
    client.credentials(
        HTTP_AUTHORIZATION=f"Bearer {token}", **({"HTTP_X_TENANT_ID": str(tenant_id)} if tenant_id else {})
    )
    return client


def _change(tenant: Tenant, **values: str) -> None:
    now = {"name": tenant.name, "access": tenant.access, "status": tenant.status}
    change_tenant(tenant_id=tenant.id, actor=SYSTEM, **now | values)


@pytest.mark.parametrize("header", BAD_HEADERS.values(), ids=BAD_HEADERS)
def test_a_header_that_is_not_one_uuid_of_version_4_or_7_is_400(api: Client, order: Order, header: str) -> None:
    before = snapshot()
    assert_problem(_read(api, order, header), 400, "bad-request")
    assert_problem(api.post("/v1/orders", {}, HTTP_X_TENANT_ID=header), 400, "bad-request")
    assert snapshot() == before


def test_a_tenant_is_named_in_either_case(api: Client, order: Order) -> None:
    for header in (str(order.tenant_id), str(order.tenant_id).upper()):
        assert _read(api, order, header).json()["tenantId"] == str(order.tenant_id)


@pytest.mark.parametrize("tenant_id", [V4, str(ids.new_id())])
def test_whoever_names_an_open_tenant_is_in(api: Client, tenant_id: str, db: None) -> None:
    assert api.get("/v1/pets", HTTP_X_TENANT_ID=tenant_id).status_code == 200


def test_a_members_tenant_asks_the_anonymous_for_a_token(api: Client, rex: Pet) -> None:
    before = snapshot()
    client = api.at(rex.tenant)
    assert_problem(client.post("/v1/orders", {"petId": str(rex.id)}), 401, "unauthorized")
    assert_problem(client.get(f"/v1/orders/{rex.id}"), 401, "unauthorized")
    assert snapshot() == before


def test_a_members_tenant_refuses_a_token_of_another(rex: Pet, charlie: User, gina: User) -> None:
    for stranger in (charlie, gina):
        client = _abroad(stranger, rex.tenant_id)
        before = snapshot()
        assert_problem(client.post("/v1/orders", {"petId": str(rex.id)}), 403, "forbidden")
        assert snapshot() == before


def test_a_token_is_good_only_where_it_was_issued(order: Order, alice: User) -> None:
    assert_problem(_abroad(alice, order.tenant_id).get("/v1/orders"), 403, "forbidden")
    assert_problem(_abroad(alice, None).get("/v1/orders"), 403, "forbidden")


def test_members_and_only_members_are_in(api: Client, alice: User, sam: User, globex: Tenant) -> None:
    assert api.as_(alice).get("/v1/orders").status_code == 200
    add_tenant_member(tenant_id=globex.id, username=sam.username, actor=SYSTEM)
    assert api.as_(sam, at=globex).get("/v1/orders").status_code == 200


def test_a_suspended_tenant_answers_nobody(api: Client, acme: Tenant, alice: User, sam: User, root: User) -> None:
    clients = [api.at(acme), api.as_(alice), api.as_(sam), api.as_(root, at=acme)]
    _change(acme, status=Tenant.Status.SUSPENDED)
    for client in clients:
        assert_problem(client.get("/v1/orders"), 403, "forbidden")
        assert_problem(client.post("/v1/auth/tokens", {"username": "alice", "password": PASSWORD}), 403, "forbidden")


def test_a_tenant_that_is_active_again_answers(api: Client, acme: Tenant, alice: User) -> None:
    client = api.as_(alice)
    _change(acme, status=Tenant.Status.SUSPENDED)
    _change(acme, status=Tenant.Status.ACTIVE)
    assert client.get("/v1/orders").status_code == 200


PERSON = {
    "username": "dora",
    "firstName": "Dora",
    "lastName": "Diaz",
    "email": "dora@example.com",
    "password": PASSWORD,
}


def test_the_first_write_opens_a_tenant_that_nobody_opened(api: Client, db: None) -> None:
    response = api.post("/v1/users", PERSON, HTTP_X_TENANT_ID=V4)
    assert (response.status_code, response.json()["tenantId"]) == (201, V4)
    tenant = Tenant.objects.get(pk=V4)
    assert (tenant.access, tenant.status) == (Tenant.Access.OPEN, Tenant.Status.ACTIVE)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("users", PERSON | {"password": "12345678"}, 400),
        ("users", PERSON | {"email": "nobody"}, 400),
        ("users", {}, 400),
        ("orders", {"petId": V4}, 404),
        ("orders", {}, 400),
        ("auth/tokens", {"username": "dora", "password": "wrong"}, 401),
        ("auth/tokens/refresh", {"refreshToken": "wrong"}, 401),
    ],
)
@pytest.mark.parametrize("headers", [{}, {"HTTP_IDEMPOTENCY_KEY": "once"}])
def test_a_refused_write_opens_no_tenant(
    api: Client, db: None, path: str, body: dict[str, str], status: int, headers: dict[str, Any]
) -> None:
    before = snapshot()
    response = api.post(f"/v1/{path}", body, HTTP_X_TENANT_ID=V4, **headers)
    assert response.status_code == status
    assert snapshot() == before


def test_an_admins_refused_write_opens_no_tenant(root: User) -> None:
    client = _abroad(root, V4)
    before = snapshot()
    pet = {"name": "Rex", "species": "DOG", "ageMonths": 1, "price": "1.00", "photos": ["javascript:1"]}
    assert_problem(client.post("/v1/pets", pet), 400, "validation-error")
    assert snapshot() == before


@pytest.mark.parametrize("path", ["pets", "pets?status=ALL", "pets/6ba7b814-9dad-41d1-80b4-00c04fd430c8", "orders"])
def test_a_read_opens_no_tenant(api: Client, db: None, path: str) -> None:
    before = snapshot()
    assert api.get(f"/v1/{path}", HTTP_X_TENANT_ID=V4).status_code in (200, 401, 404)
    assert snapshot() == before


def test_nobody_opens_a_tenant_where_that_is_switched_off(api: Client, settings: Settings, order: Order) -> None:
    settings.TENANT_AUTO_PROVISION = False
    before = snapshot()
    assert_problem(api.post("/v1/users", PERSON, HTTP_X_TENANT_ID=V4), 404, "not-found")
    assert_problem(api.get("/v1/pets", HTTP_X_TENANT_ID=V4), 404, "not-found")
    assert snapshot() == before
    assert _read(api, order, order.tenant_id).status_code == 200


def test_a_tenant_that_is_opened_shows_nothing_of_others(api: Client, rex: Pet, stray: Pet) -> None:
    api.post("/v1/users", PERSON, HTTP_X_TENANT_ID=V4)
    assert api.get("/v1/pets", HTTP_X_TENANT_ID=V4).json()["data"] == []
    with tenant_scope(UUID(V4)):
        assert Pet.objects.count() == 0

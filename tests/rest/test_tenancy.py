"""No request reads, changes or even notices another tenant's rows (contract, Tenancy; guarantees, G6)."""

from collections.abc import Iterable, Iterator
from io import BytesIO
from typing import Any
from uuid import UUID

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import URLPattern
from PIL import Image

from accounts.models import User
from events.queries import scoped_events_about
from kernel.actor import SYSTEM
from pets.models import Pet
from petstore.interfaces.rest.identifiers import IdConverter
from petstore.interfaces.rest.urls import urlpatterns
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.client import Client
from tests.factories import CustomerFactory, OrderFactory, PetFactory
from tests.payments.paying import pay
from tests.payments.sources import card
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot
from webhooks.services.endpoints import create_endpoint
from webhooks.services.redelivery import send_test_delivery

Case = tuple[str, str]
NEVER = UUID("0190b6a2-0000-7000-8000-000000000000")
PROFILE = {"firstName": "Alice", "lastName": "Miller", "email": "new@example.com"}
PET = {"name": "Bello", "species": "DOG", "ageMonths": 7, "price": "20.00"}
BODIES: dict[Case, Any] = {
    ("put", "pets/<id:pet_id>"): PET,
    ("put", "users/<id:user_id>"): PROFILE,
    ("post", "pets/<id:pet_id>/images"): "a picture",
    ("patch", "admin/users/<id:user_id>/status"): {"status": "SUSPENDED"},
    ("patch", "admin/orders/<id:order_id>/status"): {"status": "APPROVED"},
    ("post", "admin/orders/<id:order_id>/cancel"): {"reason": "A mistake."},
    ("post", "orders/<id:order_id>"): {
        "amount": "150.00",
        "currency": "USD",
        "timestamp": "1735689600",
        "callbackUrl": "https://shop.example/processed",
    },
    ("put", "webhooks/<id:webhook_id>"): {"url": "https://shop.example/", "events": ["payment.failed"]},
    ("post", "webhooks/<id:webhook_id>/secret"): None,
    ("post", "webhooks/<id:webhook_id>/test"): None,
    ("post", "webhooks/<id:webhook_id>/deliveries/<id:delivery_id>/redeliver"): None,
    ("post", "orders/<id:order_id>/payment"): {"amount": "150.00", "currency": "USD", "source": card()},
}
"""What a write to a row sends; each has to be good enough to succeed at home."""


def _cases() -> Iterator[Case]:
    """Every method of every route that names a row, read from the URLconf, so that a new one is tried, too."""
    for route in urlpatterns:
        if any(isinstance(converter, IdConverter) for converter in route.pattern.converters.values()):
            for method in _methods(route):
                yield method, str(route.pattern)


def _lists() -> Iterator[str]:
    for route in urlpatterns:
        if not route.pattern.converters and "get" in _methods(route):
            yield str(route.pattern)


def _methods(route: URLPattern) -> Iterable[str]:
    """Those of a viewset; other views name no rows."""
    actions: Iterable[str] = getattr(route.callback, "actions", ())
    return actions


CASES = [*_cases()]
each_case = pytest.mark.parametrize("case", CASES, ids=" ".join)
"""A row of the URLconf and a method."""


def _call(client: Client, case: Case, rows: dict[str, UUID]) -> Any:
    method, route = case
    path = "/v1/" + route
    for name, row_id in rows.items():
        path = path.replace(f"<id:{name}>", str(row_id))
    if BODIES.get(case) == "a picture":
        return client.post(path, {"file": _picture()}, format="multipart")
    return client.generic(method.upper(), path) if method in _BODILESS else getattr(client, method)(path, BODIES[case])


_BODILESS = ("get", "delete")


def _picture() -> SimpleUploadedFile:
    content = BytesIO()
    Image.new("RGB", (4, 4)).save(content, "PNG")
    return SimpleUploadedFile("rex.png", content.getvalue())


def _stock(tenant: Tenant | None) -> dict[str, UUID]:
    """A row of each kind, by the name that routes give it."""
    customer = CustomerFactory.create(tenant=tenant, username="target")
    pet, order = PetFactory.create(tenant=tenant), OrderFactory.create(tenant=tenant, customer=customer)
    receipt = pay(OrderFactory.create(tenant=tenant, customer=customer))
    with tenant_scope(order.tenant_id):
        entry = scoped_events_about(order.id)[0]
        webhook = create_endpoint(url="https://shop.example/", events=["payment.failed"], actor=SYSTEM)
        delivery = send_test_delivery(endpoint_id=webhook.id, actor=SYSTEM)
    rows = {"order": order, "pet": pet, "user": customer, "entry": entry, "receipt": receipt}
    rows |= {"webhook": webhook, "delivery": delivery}
    return {f"{name}_id": row.pk for name, row in rows.items()}


@each_case
def test_at_home_each_case_succeeds(api: Client, acme: Tenant, root: User, case: Case) -> None:
    response = _call(api.as_(root, at=acme), case, _stock(acme))
    assert 200 <= response.status_code < 300, response.content


@each_case
def test_a_neighbours_row_is_404_and_stays_as_it_is(
    api: Client, acme: Tenant, globex: Tenant, root: User, case: Case
) -> None:
    _not_found(api.as_(root, at=globex), case, _stock(acme))


@each_case
def test_a_tenants_row_is_404_in_the_shared_pool(api: Client, acme: Tenant, root: User, case: Case) -> None:
    _not_found(api.as_(root), case, _stock(acme))


@each_case
def test_a_row_of_the_shared_pool_is_404_in_a_tenant(api: Client, acme: Tenant, root: User, case: Case) -> None:
    _not_found(api.as_(root, at=acme), case, _stock(None))


def _not_found(client: Client, case: Case, rows: dict[str, UUID]) -> None:
    before = snapshot()
    assert_problem(_call(client, case, rows), 404, "not-found")
    assert snapshot() == before


@each_case
@pytest.mark.parametrize("who", ["staff", "customer", "nobody"])
def test_a_neighbours_row_looks_like_one_that_never_was(
    api: Client, acme: Tenant, charlie: User, gina: User, case: Case, who: str
) -> None:
    client = {"staff": api.as_(gina), "customer": api.as_(charlie), "nobody": api}[who]
    rows = _stock(acme)
    before = snapshot()
    neighbours = _call(client, case, rows)
    never = _call(client, case, dict.fromkeys(rows, NEVER))
    assert neighbours.status_code in (401, 403, 404)
    assert _without_the_path(neighbours) == _without_the_path(never)
    assert snapshot() == before


def _without_the_path(response: Any) -> dict[str, Any]:
    return {**response.json(), "instance": None, "status": response.status_code}


def test_the_lists_are_the_ones_that_we_know() -> None:
    staffs = {"admin/dashboard/stats", "admin/users", "admin/orders", "admin/audit-logs"}
    of_no_tenant = {"models"}
    assert {*_lists()} == {"orders", "pets", "inventory", "inventories", "webhooks"} | staffs | of_no_tenant


@pytest.mark.parametrize(
    "name", ["orders", "pets?status=ALL", "webhooks", "admin/users", "admin/orders", "admin/audit-logs"]
)
def test_a_list_shows_the_rows_of_its_scope_only(
    api: Client, acme: Tenant, globex: Tenant, root: User, name: str
) -> None:
    shown = {}
    for tenant in (acme, globex, None):
        _stock(tenant)
    for tenant in (acme, globex, root.tenant):
        shown[tenant.id] = api.as_(root, at=tenant).get(f"/v1/{name}").json()["data"]
    for tenant_id, rows in shown.items():
        expected = None if tenant_id == SHARED_POOL_ID else str(tenant_id)
        assert rows
        assert {row["tenantId"] for row in rows} == {expected}


@pytest.mark.parametrize(("method", "path"), [("QUERY", "/v1/pets"), ("POST", "/v1/pets/search")])
def test_a_search_finds_the_pets_of_its_scope_only(
    api: Client, rex: Pet, mia: Pet, stray: Pet, sam: User, gina: User, method: str, path: str
) -> None:
    found = [
        [pet["name"] for pet in client.generic(method, path, "{}", content_type="application/json").json()["data"]]
        for client in (api.as_(sam), api.as_(gina), api)
    ]
    assert found == [["Rex"], ["Mia"], ["Stray"]]


def test_an_inventory_counts_the_pets_of_its_scope_only(api: Client, rex: Pet, mia: Pet, sam: User, gina: User) -> None:
    PetFactory.create(tenant=sam.tenant)
    for client, number in ((api.as_(sam), 2), (api.as_(gina), 1)):
        assert client.get("/v1/inventory").json()["total"] == number
        assert client.get("/v1/inventories").json()["AVAILABLE"] == number


@pytest.mark.parametrize(("name", "value"), [("petId", "pet_id"), ("userId", "user_id")])
def test_a_filter_reaches_into_no_other_tenant(api: Client, acme: Tenant, gina: User, name: str, value: str) -> None:
    rows = _stock(acme)
    OrderFactory.create(tenant=acme, pet__tenant=acme)
    body = api.as_(gina).get("/v1/orders", {name: str(rows[value])}).json()
    assert (body["data"], body["pagination"]["totalItems"]) == ([], 0)


def test_a_cursor_of_another_tenant_shows_ones_own_rows(api: Client, acme: Tenant, sam: User, gina: User) -> None:
    for tenant in (gina.tenant, acme, acme):
        OrderFactory.create(tenant=tenant)
    address = api.as_(sam).get("/v1/orders", {"limit": 1}).json()["links"]["next"]
    rows = api.as_(gina).get(address).json()["data"]
    assert {row["tenantId"] for row in rows} == {str(gina.tenant_id)}


def test_staff_place_no_order_for_a_neighbours_customer(api: Client, rex: Pet, sam: User, charlie: User) -> None:
    staff = api.as_(sam)
    before = snapshot()
    response = staff.post("/v1/orders", {"petId": str(rex.id), "userId": str(charlie.id)})
    assert_problem(response, 400, "validation-error", "userId")
    assert snapshot() == before

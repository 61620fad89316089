"""POST, GET and DELETE of orders and their history over REST (contract, Orders)."""

import pytest

from accounts.models import User
from kernel import clock
from kernel.actor import SYSTEM
from orders.models import Order
from orders.services.transitions import approve_order
from orders.states import Status
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import CustomerFactory, OrderFactory
from tests.orders.moving import order_in
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot

NEVER = "0190b6a2-0000-7000-8000-000000000000"


@pytest.fixture
def order(acme: Tenant, alice: User) -> Order:
    """Alice's order."""
    placed: Order = OrderFactory.create(tenant=acme, customer=alice)
    return placed


@pytest.fixture
def open_order(stray: Pet) -> Order:
    """An anonymous order in the shared pool."""
    placed: Order = OrderFactory.create(pet=stray)
    return placed


def _refused(client: Client, body: dict[str, object], status: int, slug: str) -> None:
    before = snapshot()
    assert_problem(client.post("/v1/orders", body), status, slug)
    assert snapshot() == before


def test_an_order_is_placed_and_shown(api: Client, alice: User, rex: Pet) -> None:
    response = api.as_(alice).post("/v1/orders", {"petId": str(rex.id)})
    assert response.status_code == 201
    with tenant_scope(rex.tenant_id):
        order = Order.objects.select_related("pet").get()
    assert response.json() == {
        "id": str(order.id),
        "petId": str(rex.id),
        "userId": str(alice.id),
        "status": "PLACED",
        "totalAmount": "150.00",
        "currency": "USD",
        "createdAt": clock.format_rfc3339(order.created_at),
        "updatedAt": clock.format_rfc3339(order.updated_at),
        "tenantId": str(rex.tenant_id),
    }
    assert (order.user_id, order.status, order.pet.status) == (alice.id, "PLACED", "PENDING")


def test_a_new_order_is_where_its_location_says(api: Client, stray: Pet) -> None:
    placed = api.post("/v1/orders", {"petId": str(stray.id)})
    assert placed["Location"] == f"http://testserver/v1/orders/{placed.json()['id']}"
    found = api.get(placed["Location"])
    assert (found.status_code, found.json(), found["ETag"]) == (200, placed.json(), placed["ETag"])


def test_an_order_of_the_shared_pool_names_no_tenant_and_no_user(api: Client, stray: Pet) -> None:
    placed = api.post("/v1/orders", {"petId": str(stray.id), "userId": None}).json()
    assert (placed["tenantId"], placed["userId"]) == (None, None)


def test_fields_of_old_clients_and_read_only_fields_change_nothing(api: Client, stray: Pet) -> None:
    old = {"quantity": 7, "shipDate": "soon", "complete": True, "status": "DELIVERED", "totalAmount": "0.01", "id": 1}
    placed = api.post("/v1/orders", {"petId": str(stray.id), **old}).json()
    assert (placed["status"], placed["totalAmount"]) == ("PLACED", "150.00")


def test_an_unknown_field_is_refused(api: Client, stray: Pet) -> None:
    before = snapshot()
    response = api.post("/v1/orders", {"petId": str(stray.id), "color": "red"})
    assert_problem(response, 400, "validation-error", "color")
    assert response.json()["errors"][0]["code"] == "unknown_field"
    assert snapshot() == before


def test_an_order_needs_a_pet(api: Client, stray: Pet) -> None:
    before = snapshot()
    assert_problem(api.post("/v1/orders", {}), 400, "validation-error", "petId")
    assert snapshot() == before


def test_an_unknown_pet_is_404(api: Client, stray: Pet) -> None:
    _refused(api, {"petId": NEVER}, 404, "not-found")


def test_a_pet_of_another_scope_is_404(api: Client, stray: Pet, mia: Pet, alice: User) -> None:
    _refused(api, {"petId": str(mia.id)}, 404, "not-found")
    _refused(api.as_(alice), {"petId": str(stray.id)}, 404, "not-found")


def test_a_pet_that_is_not_available_is_409(api: Client, open_order: Order) -> None:
    _refused(api, {"petId": str(open_order.pet_id)}, 409, "conflict")


def test_the_anonymous_name_no_user(api: Client, stray: Pet, alice: User) -> None:
    _refused(api, {"petId": str(stray.id), "userId": str(alice.id)}, 401, "unauthorized")


def test_a_customer_names_nobody_else(api: Client, rex: Pet, alice: User, bob: User) -> None:
    _refused(api.as_(alice), {"petId": str(rex.id), "userId": str(bob.id)}, 403, "forbidden")


def test_staff_name_nobody_unknown(api: Client, rex: Pet, sam: User) -> None:
    _refused(api.as_(sam), {"petId": str(rex.id), "userId": NEVER}, 400, "validation-error")


def test_staff_order_for_a_customer(api: Client, rex: Pet, sam: User, alice: User) -> None:
    response = api.as_(sam).post("/v1/orders", {"petId": str(rex.id), "userId": str(alice.id)})
    assert (response.status_code, response.json()["userId"]) == (201, str(alice.id))


def test_an_admin_who_does_not_live_here_places_an_anonymous_order(
    api: Client, rex: Pet, acme: Tenant, root: User
) -> None:
    response = api.as_(root, at=acme).post("/v1/orders", {"petId": str(rex.id)})
    assert (response.status_code, response.json()["userId"]) == (201, None)


def test_a_bad_token_places_nothing_where_none_would(api: Client, stray: Pet) -> None:
    api.credentials(HTTP_AUTHORIZATION="Bearer forged")
    _refused(api, {"petId": str(stray.id)}, 401, "unauthorized")


@pytest.mark.parametrize("path", ["", "/history"])
def test_an_order_is_read_by_its_owner_staff_and_admins(
    api: Client, order: Order, acme: Tenant, alice: User, sam: User, root: User, path: str
) -> None:
    for reader in (api.as_(alice), api.as_(sam), api.as_(root, at=acme)):
        assert reader.get(f"/v1/orders/{order.id}{path}").status_code == 200


@pytest.mark.parametrize("path", ["", "/history"])
def test_an_order_is_not_read_by_a_stranger(api: Client, order: Order, bob: User, path: str) -> None:
    assert_problem(api.as_(bob).get(f"/v1/orders/{order.id}{path}"), 403, "forbidden")


@pytest.mark.parametrize("path", ["", "/history"])
def test_a_users_order_is_not_read_without_a_token(api: Client, customer_of_the_pool: User, path: str) -> None:
    order = OrderFactory.create(customer=customer_of_the_pool)
    response = api.get(f"/v1/orders/{order.id}{path}")
    assert_problem(response, 401, "unauthorized")
    assert response["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("path", ["", "/history"])
def test_an_anonymous_order_is_read_by_whoever_knows_it(
    api: Client, open_order: Order, customer_of_the_pool: User, path: str
) -> None:
    for reader in (api, api.as_(customer_of_the_pool)):
        assert reader.get(f"/v1/orders/{open_order.id}{path}").status_code == 200


@pytest.mark.parametrize("path", ["", "/history"])
@pytest.mark.parametrize("order_id", [NEVER, NEVER.upper(), "1", "null", "%00", "{}", NEVER.replace("-", "")])
def test_an_id_that_names_no_order_is_404(api: Client, stray: Pet, order_id: str, path: str) -> None:
    assert_problem(api.get(f"/v1/orders/{order_id}{path}"), 404, "not-found")


def test_an_order_that_the_caller_has_is_304(api: Client, open_order: Order) -> None:
    tag = api.get(f"/v1/orders/{open_order.id}")["ETag"]
    for known in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        response = api.get(f"/v1/orders/{open_order.id}", HTTP_IF_NONE_MATCH=known)
        assert (response.status_code, response.content, response["ETag"]) == (304, b"", tag)
    assert api.get(f"/v1/orders/{open_order.id}", HTTP_IF_NONE_MATCH='"other"').status_code == 200


def test_an_order_that_moved_has_another_etag(api: Client, open_order: Order) -> None:
    tag = api.get(f"/v1/orders/{open_order.id}")["ETag"]
    _approve(open_order)
    assert api.get(f"/v1/orders/{open_order.id}", HTTP_IF_NONE_MATCH=tag).status_code == 200


@pytest.mark.parametrize("status", [Status.PLACED, Status.APPROVED])
def test_an_order_is_cancelled_and_kept_and_its_pet_is_free(api: Client, pool: Tenant, status: Status) -> None:
    order = order_in(status)
    response = api.delete(f"/v1/orders/{order.id}")
    assert (response.status_code, response.content) == (204, b"")
    with tenant_scope(pool.id):
        stored = Order.objects.select_related("pet").get()
    assert (stored.status, stored.pet.status) == ("CANCELLED", "AVAILABLE")


@pytest.mark.parametrize("status", [Status.SHIPPED, Status.DELIVERED, Status.CANCELLED])
def test_an_order_that_is_past_cancelling_is_409(api: Client, pool: Tenant, status: Status) -> None:
    order = order_in(status)
    _not_cancelled(api, order, 409, "conflict")


def test_a_stranger_cannot_cancel_the_order(api: Client, order: Order, bob: User) -> None:
    _not_cancelled(api.as_(bob), order, 403, "forbidden")


def test_a_users_order_is_not_cancelled_without_a_token(api: Client, customer_of_the_pool: User) -> None:
    _not_cancelled(api, OrderFactory.create(customer=customer_of_the_pool), 401, "unauthorized")


def test_the_owner_staff_and_admins_cancel(api: Client, acme: Tenant, alice: User, sam: User, root: User) -> None:
    for client in (api.as_(alice), api.as_(sam), api.as_(root, at=acme)):
        order = OrderFactory.create(tenant=acme, customer=alice)
        assert client.delete(f"/v1/orders/{order.id}").status_code == 204


@pytest.mark.parametrize("tag", ['"v1"', 'W/"v2"', '"v3"', '"nonsense"', "v2", '"v99999999999999999999"', ""])
def test_an_order_that_was_read_before_it_moved_is_412(api: Client, open_order: Order, tag: str) -> None:
    _approve(open_order)
    before = snapshot()
    response = api.delete(f"/v1/orders/{open_order.id}", HTTP_IF_MATCH=tag)
    assert_problem(response, 412, "precondition-failed")
    assert snapshot() == before


@pytest.mark.parametrize("tag", ['"v2"', "*", '"v1", "v2"', 'W/"v9", "v2"'])
def test_an_order_that_is_as_it_was_read_is_cancelled(api: Client, open_order: Order, tag: str) -> None:
    _approve(open_order)
    assert api.delete(f"/v1/orders/{open_order.id}", HTTP_IF_MATCH=tag).status_code == 204


@pytest.mark.parametrize("tag", ['"v1"', '"nonsense"', '"v1", "v2"'])
def test_what_nobody_may_see_is_404_or_403_before_it_is_412(api: Client, order: Order, bob: User, tag: str) -> None:
    stranger = api.as_(bob)
    assert stranger.delete(f"/v1/orders/{order.id}", HTTP_IF_MATCH=tag).status_code == 403
    assert stranger.delete(f"/v1/orders/{NEVER}", HTTP_IF_MATCH=tag).status_code == 404


def test_the_history_tells_each_step(api: Client, alice: User, sam: User, order: Order) -> None:
    with tenant_scope(order.tenant_id):
        approve_order(order_id=order.id, actor=SYSTEM, reason="paid in cash")
    api.as_(alice).delete(f"/v1/orders/{order.id}")
    steps = api.as_(sam).get(f"/v1/orders/{order.id}/history").json()["data"]
    assert [(s["from"], s["to"], s["by"], s["reason"]) for s in steps] == [
        (None, "PLACED", "system", None),
        ("PLACED", "APPROVED", "system", "paid in cash"),
        ("APPROVED", "CANCELLED", str(alice.id), None),
    ]
    assert steps[0]["at"] == clock.format_rfc3339(order.created_at)


@pytest.mark.parametrize(
    ("path", "allow"), [("orders", "GET, POST"), ("orders/{}", "GET, POST, DELETE"), ("orders/{}/history", "GET")]
)
def test_other_methods_are_405_and_say_what_is_allowed(api: Client, open_order: Order, path: str, allow: str) -> None:
    before = snapshot()
    response = api.patch(f"/v1/{path.format(open_order.id)}", {})
    assert_problem(response, 405, "method-not-allowed")
    assert set(response["Allow"].split(", ")) == {*allow.split(", "), "HEAD", "OPTIONS"}
    assert snapshot() == before


def test_head_answers_as_get_does(api: Client, open_order: Order) -> None:
    got, head = (method(f"/v1/orders/{open_order.id}") for method in (api.get, api.head))
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", got["ETag"])
    assert head["Content-Type"] == got["Content-Type"]


@pytest.fixture
def customer_of_the_pool(pool: Tenant) -> User:
    user: User = CustomerFactory.create()
    return user


def _approve(order: Order) -> None:
    with tenant_scope(order.tenant_id):
        approve_order(order_id=order.id, actor=SYSTEM)


def _not_cancelled(client: Client, order: Order, status: int, slug: str) -> None:
    before = snapshot()
    assert_problem(client.delete(f"/v1/orders/{order.id}"), status, slug)
    assert snapshot() == before

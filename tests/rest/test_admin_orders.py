"""/v1/admin/orders: the staff's list, and moving orders along the state table (contract, Admin API and States)."""

from typing import Any

import pytest

from accounts.models import User
from events.models import Action, AuditEvent
from orders.models import Order
from orders.states import Status, allowed_steps
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory
from tests.orders.moving import order_in
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot

NEVER = "0190b6a2-0000-7000-8000-000000000000"
STAFFS_STEPS = allowed_steps() - {(Status.SHIPPED, Status.CANCELLED), (Status.DELIVERED, Status.CANCELLED)}
"""The state table without what takes force."""


@pytest.fixture
def staff(api: Client, sam: User) -> Client:
    return api.as_(sam)


@pytest.fixture
def admin(api: Client, acme: Tenant, root: User) -> Client:
    return api.as_(root, at=acme)


def _move(client: Client, order_id: object, status: str, **extra: Any) -> Any:
    return client.patch(f"/v1/admin/orders/{order_id}/status", {"status": status}, **extra)


def _force(client: Client, order_id: object) -> Any:
    return client.post(f"/v1/admin/orders/{order_id}/cancel", {"reason": "Lost on the way."})


def _listed(client: Client, **query: Any) -> list[str]:
    return [order["id"] for order in client.get("/v1/admin/orders", query).json()["data"]]


def _pet_of(order: Order) -> str:
    with tenant_scope(order.tenant_id):
        return str(Pet.objects.get(pk=order.pet_id).status)


def _last_entry(order: Order) -> AuditEvent:
    with tenant_scope(order.tenant_id):
        entry: AuditEvent = AuditEvent.objects.filter(entity_id=order.id).order_by("-id")[0]
    return entry


def test_the_list_is_that_of_the_orders_of_the_scope(
    api: Client, acme: Tenant, globex: Tenant, sam: User, root: User
) -> None:
    for tenant in (acme, acme, globex, None):
        OrderFactory.create(tenant=tenant)
    lists = [client.get("/v1/admin/orders").json()["data"] for client in (api.as_(sam), api.as_(root, at=acme))]
    assert lists[0] == lists[1] == api.as_(sam).get("/v1/orders").json()["data"]
    assert len(lists[0]) == 2
    assert len(api.as_(root).get("/v1/admin/orders").json()["data"]) == 1


@pytest.mark.parametrize("query", [{"limit": 1}, {"page": 1, "limit": 1}, {"status": "PLACED", "limit": 1}])
def test_links_stay_in_the_admin_api(staff: Client, acme: Tenant, query: dict[str, Any]) -> None:
    OrderFactory.create_batch(2, tenant=acme)
    page = staff.get("/v1/admin/orders", query).json()
    assert page["links"]["next"].startswith("http://testserver/v1/admin/orders?")
    assert page["data"] != staff.get(page["links"]["next"]).json()["data"]


def test_orders_are_found_by_status_user_pet_and_time(staff: Client, acme: Tenant, alice: User) -> None:
    hers, shipped = OrderFactory.create(tenant=acme, customer=alice), order_in(Status.SHIPPED, tenant=acme)
    assert _listed(staff, userId=alice.id) == [str(hers.id)]
    assert _listed(staff, status="shipped") == _listed(staff, petId=shipped.pet_id) == [str(shipped.id)]
    assert _listed(staff, createdFrom="2199-01-01T00:00:00Z") == _listed(staff, createdTo="1999-01-01T00:00:00Z") == []


@pytest.mark.parametrize("name", ["status", "userId", "petId", "createdFrom", "createdTo", "page", "limit", "cursor"])
def test_a_filter_takes_nothing_but_its_values(staff: Client, name: str) -> None:
    assert_problem(staff.get("/v1/admin/orders", {name: "x"}), 400, "validation-error", name)


@pytest.mark.parametrize("target", Status)
@pytest.mark.parametrize("status", Status)
def test_an_order_moves_along_the_state_table_and_nowhere_else(
    staff: Client, acme: Tenant, status: Status, target: Status
) -> None:
    order = order_in(status, tenant=acme)
    before = snapshot()
    answer = _move(staff, order.id, target.lower())
    if (status, target) in STAFFS_STEPS:
        assert (answer.status_code, answer.json()["status"]) == (200, target)
    else:
        assert_problem(answer, 409, "conflict")
        assert snapshot() == before


def test_a_step_that_takes_force_is_refused_to_an_admin_too(admin: Client, acme: Tenant) -> None:
    order = order_in(Status.SHIPPED, tenant=acme)
    before = snapshot()
    assert_problem(_move(admin, order.id, "CANCELLED"), 409, "conflict")
    assert snapshot() == before


@pytest.mark.parametrize(
    ("status", "target", "pet"),
    [
        (Status.PLACED, "APPROVED", "PENDING"),
        (Status.SHIPPED, "DELIVERED", "ADOPTED"),
        (Status.APPROVED, "CANCELLED", "AVAILABLE"),
    ],
)
def test_the_pet_follows_its_order(staff: Client, acme: Tenant, status: Status, target: str, pet: str) -> None:
    order = order_in(status, tenant=acme)
    assert _move(staff, order.id, target).status_code == 200
    assert _pet_of(order) == pet


def test_a_step_is_told_in_history_and_journal(staff: Client, acme: Tenant, sam: User) -> None:
    order = OrderFactory.create(tenant=acme)
    body = {"status": "APPROVED", "reason": "Paid in cash."}
    staff.patch(f"/v1/admin/orders/{order.id}/status", body, HTTP_X_REQUEST_ID="approve-1")
    step = staff.get(f"/v1/orders/{order.id}/history").json()["data"][-1]
    assert (step["from"], step["to"], step["by"]) == ("PLACED", "APPROVED", str(sam.id))
    assert step["reason"] == "Paid in cash."
    entry = _last_entry(order)
    assert (entry.action, entry.actor_id, entry.request_id) == (Action.ORDER_STATUS_CHANGED, sam.id, "approve-1")
    assert (entry.details["changes"], entry.details["reason"]) == ({"status": ["PLACED", "APPROVED"]}, "Paid in cash.")


def test_the_answer_is_the_order_with_its_new_etag(staff: Client, acme: Tenant) -> None:
    order = OrderFactory.create(tenant=acme)
    moved, shown = _move(staff, order.id, "APPROVED"), staff.get(f"/v1/orders/{order.id}")
    assert (moved.json(), moved["ETag"]) == (shown.json(), shown["ETag"])


@pytest.mark.parametrize("target", ["PLACED", "APPROVED"])
def test_an_order_that_is_not_there_is_404_whatever_is_asked_of_it(staff: Client, target: str) -> None:
    assert_problem(_move(staff, NEVER, target), 404, "not-found")
    assert_problem(_move(staff, NEVER, target, HTTP_IF_MATCH='"v1"'), 404, "not-found")


@pytest.mark.parametrize("tag", ['"v1"', 'W/"v2"', '"v3"', '"nonsense"', ""])
def test_an_order_that_was_read_before_it_moved_is_412(staff: Client, acme: Tenant, tag: str) -> None:
    order = order_in(Status.APPROVED, tenant=acme)
    before = snapshot()
    assert_problem(_move(staff, order.id, "SHIPPED", HTTP_IF_MATCH=tag), 412, "precondition-failed")
    assert snapshot() == before


@pytest.mark.parametrize("tag", ['"v2"', "*", '"v1", "v2"'])
def test_an_order_that_is_as_it_was_read_is_moved(staff: Client, acme: Tenant, tag: str) -> None:
    order = order_in(Status.APPROVED, tenant=acme)
    assert _move(staff, order.id, "SHIPPED", HTTP_IF_MATCH=tag).status_code == 200


@pytest.mark.parametrize("status", [Status.PLACED, Status.APPROVED, Status.SHIPPED, Status.DELIVERED])
def test_an_admin_cancels_any_order_by_force(admin: Client, acme: Tenant, root: User, status: Status) -> None:
    order = order_in(status, tenant=acme)
    answer = _force(admin, order.id)
    assert (answer.status_code, answer.json()) == (200, admin.get(f"/v1/orders/{order.id}").json())
    assert (answer.json()["status"], _pet_of(order)) == ("CANCELLED", "AVAILABLE")
    entry = _last_entry(order)
    assert (entry.action, entry.actor_id, entry.details["reason"]) == ("ORDER_CANCELLED", root.id, "Lost on the way.")


def test_an_order_that_is_cancelled_already_is_409(admin: Client, acme: Tenant) -> None:
    order = order_in(Status.CANCELLED, tenant=acme)
    before = snapshot()
    assert_problem(_force(admin, order.id), 409, "conflict")
    assert snapshot() == before


def test_staff_cancel_nothing_by_force(staff: Client, acme: Tenant) -> None:
    order = order_in(Status.PLACED, tenant=acme)
    before = snapshot()
    assert_problem(_force(staff, order.id), 403, "forbidden")
    assert snapshot() == before


@pytest.mark.parametrize("order_id", [NEVER, "1"])
def test_an_order_that_is_not_there_is_not_cancelled(admin: Client, order_id: str) -> None:
    assert_problem(_force(admin, order_id), 404, "not-found")


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("status", {}, "status"),
        ("status", {"status": "canary"}, "status"),
        ("status", {"status": True}, "status"),
        ("status", {"status": "APPROVED", "reason": []}, "reason"),
        ("status", {"status": "APPROVED", "reason": "canary" * 100}, "reason"),
        ("status", {"status": "APPROVED", "totalAmount": "0.01"}, "totalAmount"),
        ("cancel", {}, "reason"),
        ("cancel", {"reason": ""}, "reason"),
        ("cancel", {"reason": " \n"}, "reason"),
        ("cancel", {"reason": None}, "reason"),
        ("cancel", {"reason": "canary" * 100}, "reason"),
        ("cancel", {"reason": "canary", "status": "PLACED"}, "status"),
    ],
)
def test_a_call_takes_nothing_but_its_fields(
    admin: Client, acme: Tenant, call: str, body: dict[str, object], field: str
) -> None:
    order = OrderFactory.create(tenant=acme)
    before = snapshot()
    send = admin.patch if call == "status" else admin.post
    answer = send(f"/v1/admin/orders/{order.id}/{call}", body)
    assert_problem(answer, 400, "validation-error", field)
    assert b"canary" not in answer.content
    assert snapshot() == before

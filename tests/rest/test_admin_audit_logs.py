"""/v1/admin/audit-logs: the journal, read by the staff (contract, AuditLog)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from accounts.models import User
from events.models import Action, AuditEvent, EntityType
from events.services import record_event
from kernel import clock, ids
from kernel.actor import ANONYMOUS, SYSTEM, Actor, Role
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.rest.renderers import JSONRenderer
from petstore.interfaces.rest.resources.admin.audit_logs import AuditLogOutput
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory
from tests.payments.paying import pay
from tests.rest.problems import assert_problem
from tests.rest.tokens import log_in

LIST = "/v1/admin/audit-logs"
NEVER = "0190b6a2-0000-7000-8000-000000000000"
NOON = datetime(2025, 6, 1, 12, tzinfo=UTC)
COLLEAGUE = Actor(user_id=ids.new_id(), role=Role.STAFF, ip_address="192.0.2.7", request_id="r-1")


def _write(tenant: Tenant, number: int, action: Action = Action.PET_UPDATED, actor: Actor = SYSTEM) -> AuditEvent:
    """An entry of `number` days after noon of the first of June."""
    kind = EntityType(f"{action.partition('_')[0]}S")
    at, changes = NOON + timedelta(days=number), {"name": [f"Rex {number}", "Łuna"]}
    with tenant_scope(tenant.id):
        return record_event(
            action, entity_type=kind, entity_id=ids.new_id(), actor=actor, at=at, details={"changes": changes}
        )


@pytest.fixture
def staff(api: Client, sam: User) -> Client:
    return api.as_(sam)


@pytest.fixture
def june(acme: Tenant, globex: Tenant) -> list[AuditEvent]:
    """Entries of three days at noon in acme, the last by a colleague about an order, who wrote one in globex, too."""
    _write(globex, 1, actor=COLLEAGUE)
    return [_write(acme, 0), _write(acme, 1, Action.USER_UPDATED), _write(acme, 2, Action.ORDER_CREATED, COLLEAGUE)]


def _page(client: Client, **query: Any) -> dict[str, Any]:
    response = client.get(LIST, query)
    assert response.status_code == 200, response.content
    body: dict[str, Any] = response.json()
    return body


def _found(client: Client, june: list[AuditEvent], **query: Any) -> list[int]:
    """Which entries of June the filters let through."""
    days = {str(entry.id): number for number, entry in enumerate(june)}
    return [days[row["id"]] for row in _page(client, **query)["data"] if row["id"] in days]


def test_an_entry_is_shown_as_the_contract_says(staff: Client, june: list[AuditEvent], acme: Tenant) -> None:
    entry = june[2]
    expected = {
        "id": str(entry.id),
        "action": "ORDER_CREATED",
        "userId": str(COLLEAGUE.user_id),
        "entityType": "ORDERS",
        "entityId": str(entry.entity_id),
        "details": {"changes": {"name": ["Rex 2", "Łuna"]}},
        "ipAddress": "192.0.2.7",
        "requestId": "r-1",
        "createdAt": "2025-06-03T12:00:00Z",
        "tenantId": str(acme.id),
    }
    assert staff.get(f"{LIST}/{entry.id}").json() == expected
    assert expected in _page(staff)["data"]


def test_entries_are_shown_as_their_serializer_says(june: list[AuditEvent]) -> None:
    for entry in june:
        assert render_json_bytes(compile_representation(AuditLogOutput)(entry)) == JSONRenderer().render(
            AuditLogOutput(entry).data
        )


def test_what_nobody_did_to_nothing_known_has_nulls(api: Client, pool: Tenant, root: User) -> None:
    with tenant_scope(pool.id):
        record_event(Action.LOGIN_FAILED, entity_type=EntityType.USERS, entity_id=None, actor=ANONYMOUS, at=clock.now())
    row = _page(api.as_(root), action="LOGIN_FAILED")["data"][0]
    shown = {name: row[name] for name in ("userId", "entityId", "ipAddress", "requestId", "tenantId", "details")}
    assert shown == dict.fromkeys(shown) | {"details": {}}


def test_a_request_is_in_the_journal_under_its_id(api: Client, staff: Client, alice: User) -> None:
    refused = log_in(api.at(alice.tenant), password="wrong")  # noqa: S106  # that is the point
    entry = _page(staff, action="login_failed")["data"][0]
    assert (entry["requestId"], entry["entityId"]) == (refused["X-Request-ID"], str(alice.id))
    assert entry["ipAddress"] == "127.0.0.1"


def test_an_order_is_in_the_journal_with_what_changed(staff: Client, acme: Tenant) -> None:
    order = OrderFactory.create(tenant=acme)
    (entry,) = _page(staff, entityId=order.id)["data"]
    assert (entry["action"], entry["details"]["changes"]) == ("ORDER_CREATED", {"status": [None, "PLACED"]})


def test_an_order_and_its_payment_are_in_the_journal_as_the_api_has_them(staff: Client, acme: Tenant) -> None:
    order = OrderFactory.create(tenant=acme)
    payment = pay(order)
    (paid,) = _page(staff, entityId=payment.id)["data"]
    shown = paid["details"]["order"]
    order_now = staff.get(f"/v1/orders/{order.id}").json()
    assert shown == {name: value for name, value in order_now.items() if name != "tenantId"}
    assert paid["details"]["payment"] == {
        "id": str(payment.id),
        "amount": "150.00",
        "currency": "USD",
        "source": payment.source | {"name": "", "billingAddress": None},
        "status": "SUCCEEDED",
        "createdAt": clock.format_rfc3339(payment.created_at),
    }
    assert paid["details"]["receipt"] == {"receiptId": str(payment.id), "generatedAt": paid["createdAt"]}


def test_the_list_has_the_entries_of_the_scope_newest_first(
    api: Client, staff: Client, june: list[AuditEvent], acme: Tenant, root: User
) -> None:
    for client in (staff, api.as_(root, at=acme)):
        page = _page(client)
        times = [row["createdAt"] for row in page["data"]]
        assert times == sorted(times, reverse=True)
        assert {row["tenantId"] for row in page["data"]} == {str(acme.id)}
        assert _found(client, june) == [2, 1, 0]


@pytest.mark.parametrize(
    ("query", "days"),
    [
        ({"action": "order_created"}, [2]),
        ({"action": "PET_DELETED"}, []),
        ({"entityType": "Users"}, [1]),
        ({"userId": COLLEAGUE.user_id}, [2]),
        ({"userId": NEVER}, []),
        ({"from": "2025-06-02"}, [2, 1]),
        ({"from": "2025-06-02T12:00:00Z"}, [2, 1]),
        ({"from": "2025-06-02T12:00:01Z"}, [2]),
        ({"to": "2025-06-02"}, [1, 0]),
        ({"to": "2025-06-02T12:00:00Z"}, [1, 0]),
        ({"to": "2025-06-02T11:59:59Z"}, [0]),
        ({"from": "2025-06-02", "to": "2025-06-02"}, [1]),
        ({"from": "2025-06-02T14:00:00+02:00", "to": "2025-06-02T12:00:00Z"}, [1]),
        ({"from": "2025-06-03", "to": "2025-06-01"}, []),
        ({"from": "2025-06-02", "entityType": "PETS"}, []),
        ({"from": "", "to": "", "action": "", "entityId": ""}, [2, 1, 0]),
    ],
)
def test_entries_are_found_by_action_entity_actor_and_time(
    staff: Client, june: list[AuditEvent], query: dict[str, Any], days: list[int]
) -> None:
    assert _found(staff, june, **{"to": "2025-12-31"} | query) == days


def test_entries_are_found_by_entity(staff: Client, june: list[AuditEvent]) -> None:
    assert _found(staff, june, entityId=june[1].entity_id) == [1]
    assert _page(staff, entityId=june[1].entity_id)["pagination"]["totalItems"] == 1
    assert _page(staff, entityId=june[1].entity_id, entityType="PETS")["data"] == []


def test_an_actor_is_not_found_in_another_tenant(api: Client, june: list[AuditEvent], gina: User) -> None:
    found = _page(api.as_(gina), userId=COLLEAGUE.user_id)["data"]
    assert [row["tenantId"] for row in found] == [str(gina.tenant_id)]
    assert _page(api.as_(gina), entityId=june[0].entity_id)["data"] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("action", "ORDER_STOLEN"),
        ("action", "\0"),
        ("entityType", "CATS"),
        ("entityId", "1"),
        ("userId", "null"),
        ("from", "yesterday"),
        ("from", "2025-02-30"),
        ("from", "2025-6-1"),
        ("from", "20250601"),
        ("from", "2025-06-01T12:00:00"),
        ("from", "0001-01-01"),
        ("to", "9999-12-31"),
        ("to", "9999-12-31T23:59:59-12:00"),
        ("to", "٢٠٢٥-٠٦-٠١"),  # noqa: RUF001  # digits, but not ours
        ("page", "0"),
        ("limit", "101"),
        ("cursor", "x"),
    ],
)
def test_a_filter_takes_nothing_but_its_values(staff: Client, name: str, value: str) -> None:
    assert_problem(staff.get(LIST, {name: value}), 400, "validation-error", name)


def test_a_walk_by_cursor_sees_every_entry_once(staff: Client, june: list[AuditEvent]) -> None:
    whole = [row["id"] for row in _page(staff)["data"]]
    walked, address = [], f"{LIST}?limit=2"
    while address:
        page = staff.get(address).json()
        walked += [row["id"] for row in page["data"]]
        address = page["links"]["next"]
    assert walked == whole
    assert len(whole) > 4


def test_an_entry_that_the_caller_has_is_304_for_ever(staff: Client, june: list[AuditEvent]) -> None:
    address = f"{LIST}/{june[0].id}"
    tag = staff.get(address)["ETag"]
    assert staff.get(address, HTTP_IF_NONE_MATCH=tag).status_code == 304


@pytest.mark.parametrize("entry_id", [NEVER, "1", "null"])
def test_an_id_that_names_no_entry_is_404(staff: Client, entry_id: str) -> None:
    assert_problem(staff.get(f"{LIST}/{entry_id}"), 404, "not-found")


def test_an_entry_of_another_tenant_is_404(api: Client, june: list[AuditEvent], gina: User, root: User) -> None:
    for client in (api.as_(gina), api.as_(root)):
        assert_problem(client.get(f"{LIST}/{june[0].id}"), 404, "not-found")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_nobody_writes_the_journal(api: Client, june: list[AuditEvent], acme: Tenant, root: User, method: str) -> None:
    admin = api.as_(root, at=acme)
    for address in (LIST, f"{LIST}/{june[0].id}"):
        assert_problem(getattr(admin, method)(address, {}), 405, "method-not-allowed")
    assert _found(admin, june) == [2, 1, 0]

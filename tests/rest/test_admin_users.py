"""/v1/admin/users: the staff's list, and who may come in (contract, Admin API)."""

from typing import Any

import pytest

from accounts.models import User
from events.models import Action, AuditEvent
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.rest.renderers import JSONRenderer
from petstore.interfaces.rest.resources.admin.users import AdminUserOutput
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import CustomerFactory, StaffFactory
from tests.rest.problems import assert_problem
from tests.rest.tokens import log_in, me, refresh, suspend
from tests.snapshots import snapshot

NEVER = "0190b6a2-0000-7000-8000-000000000000"


def _path(user: User, call: str = "") -> str:
    return f"/v1/admin/users/{user.id}{call}"


def _set(client: Client, user: User, status: str, **extra: Any) -> Any:
    return client.patch(_path(user, "/status"), {"status": status}, **extra)


def _refused(client: Client, user: User, status: int, slug: str, **extra: Any) -> None:
    before = snapshot()
    assert_problem(_set(client, user, "SUSPENDED", **extra), status, slug)
    assert snapshot() == before


def _listed(client: Client, **query: Any) -> list[str]:
    response = client.get("/v1/admin/users", query)
    assert response.status_code == 200, response.content
    body = response.json()
    assert body["pagination"]["totalItems"] == len(body["data"])
    return [user["username"] for user in body["data"]]


@pytest.fixture
def staff(api: Client, sam: User) -> Client:
    return api.as_(sam)


def test_a_user_is_shown_with_role_and_status(api: Client, staff: Client, alice: User) -> None:
    as_usual = staff.get(f"/v1/users/{alice.id}").json()
    expected = as_usual | {"role": "CUSTOMER", "status": "ACTIVE"}
    assert staff.get(_path(alice)).json() == expected
    assert expected in staff.get("/v1/admin/users").json()["data"]


def test_users_are_shown_as_their_serializer_says(alice: User) -> None:
    assert render_json_bytes(compile_representation(AdminUserOutput)(alice)) == JSONRenderer().render(
        AdminUserOutput(alice).data
    )


def test_a_list_has_the_open_accounts_of_the_scope_oldest_first(
    api: Client, acme: Tenant, alice: User, bob: User, sam: User, charlie: User, root: User
) -> None:
    api.as_(bob).delete(f"/v1/users/{bob.id}")
    assert _listed(api.as_(sam)) == _listed(api.as_(root, at=acme)) == ["alice", "sam"]
    assert _listed(api.as_(root)) == ["root"]


def test_a_closed_account_is_404(api: Client, staff: Client, bob: User) -> None:
    api.as_(bob).delete(f"/v1/users/{bob.id}")
    assert_problem(staff.get(_path(bob)), 404, "not-found")
    _refused(staff, bob, 404, "not-found")


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({"status": "ACTIVE"}, ["bob", "sam"]),
        ({"status": "suspended"}, ["alice"]),
        ({"role": "customer"}, ["alice", "bob"]),
        ({"role": "STAFF"}, ["sam"]),
        ({"role": "ADMIN"}, []),
        ({"role": "CUSTOMER", "status": "ACTIVE"}, ["bob"]),
        ({"search": "LIC"}, ["alice"]),
        ({"search": "bob@example"}, ["bob"]),
        ({"search": "miller"}, ["alice", "bob", "sam"]),
        ({"search": "Sam", "role": "CUSTOMER"}, []),
        ({"search": "%"}, []),
        ({"search": "charlie"}, []),
        ({"status": "", "role": "", "search": ""}, ["alice", "bob", "sam"]),
    ],
)
def test_users_are_found_by_status_role_and_text(
    api: Client, alice: User, bob: User, sam: User, charlie: User, query: dict[str, str], names: list[str]
) -> None:
    suspend(alice)
    assert _listed(api.as_(sam), **query) == names


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "CLOSED"),
        ("status", "ACTIVE,SUSPENDED"),
        ("role", "ROOT"),
        ("search", "x" * 101),
        ("search", "\0"),
        ("page", "0"),
        ("limit", "101"),
        ("cursor", "x"),
    ],
)
def test_a_filter_takes_nothing_but_its_values(staff: Client, name: str, value: str) -> None:
    assert_problem(staff.get("/v1/admin/users", {name: value}), 400, "validation-error", name)


def test_a_walk_by_cursor_sees_every_user_once(staff: Client, acme: Tenant) -> None:
    for number in range(4):
        CustomerFactory.create(tenant=acme, username=f"guest{number}")
    names, address = [], "/v1/admin/users?limit=2"
    while address:
        page = staff.get(address).json()
        names += [user["username"] for user in page["data"]]
        address = page["links"]["next"]
    assert names == ["sam", "guest0", "guest1", "guest2", "guest3"]


@pytest.mark.parametrize("user_id", [NEVER, "1", "me"])
def test_an_id_that_names_no_user_is_404(staff: Client, user_id: str) -> None:
    assert_problem(staff.get(f"/v1/admin/users/{user_id}"), 404, "not-found")
    assert_problem(staff.patch(f"/v1/admin/users/{user_id}/status", {"status": "ACTIVE"}), 404, "not-found")


def test_a_user_that_the_caller_has_is_304_until_the_status_changes(staff: Client, alice: User) -> None:
    tag = staff.get(_path(alice))["ETag"]
    assert staff.get(_path(alice), HTTP_IF_NONE_MATCH=tag).status_code == 304
    changed = _set(staff, alice, "SUSPENDED")
    shown = staff.get(_path(alice), HTTP_IF_NONE_MATCH=tag)
    assert (shown.status_code, shown["ETag"], shown.json()) == (200, changed["ETag"], changed.json())


def test_a_suspended_users_tokens_die_at_once_and_stay_dead(staff: Client, api: Client, alice: User) -> None:
    tokens = log_in(api.at(alice.tenant)).json()
    assert me(alice.tenant, tokens["token"], alice) == 200
    assert _set(staff, alice, "suspended").json()["status"] == "SUSPENDED"
    assert me(alice.tenant, tokens["token"], alice) == 401
    assert refresh(api.at(alice.tenant), tokens["refreshToken"]).status_code == 401
    assert_problem(log_in(api.at(alice.tenant)), 403, "forbidden")
    assert _set(staff, alice, "ACTIVE").status_code == 200
    assert me(alice.tenant, tokens["token"], alice) == 401
    assert log_in(api.at(alice.tenant)).status_code == 200


def test_a_change_of_status_is_told_in_the_journal(staff: Client, alice: User, sam: User) -> None:
    body = {"status": "SUSPENDED", "reason": "Chargebacks."}
    staff.patch(_path(alice, "/status"), body, HTTP_X_REQUEST_ID="suspend-1")
    with tenant_scope(alice.tenant_id):
        entry = AuditEvent.objects.get(action=Action.USER_STATUS_CHANGED)
    assert (entry.entity_id, entry.actor_id, entry.request_id) == (alice.id, sam.id, "suspend-1")
    assert entry.details == {"changes": {"status": ["ACTIVE", "SUSPENDED"]}, "reason": "Chargebacks."}


def test_the_status_that_a_user_has_already_changes_nothing(staff: Client, alice: User) -> None:
    before = snapshot()
    answer = _set(staff, alice, "ACTIVE")
    assert (answer.status_code, answer.json()["status"]) == (200, "ACTIVE")
    assert snapshot() == before


def test_nobody_suspends_themselves(api: Client, staff: Client, sam: User, root: User) -> None:
    _refused(staff, sam, 409, "conflict")
    _refused(api.as_(root), root, 409, "conflict")


def test_an_admin_is_404_where_they_do_not_live(api: Client, acme: Tenant, root: User) -> None:
    _refused(api.as_(root, at=acme), root, 404, "not-found")


def test_staff_do_not_suspend_staff_but_admins_do(api: Client, acme: Tenant, staff: Client, root: User) -> None:
    tom = StaffFactory.create(tenant=acme, username="tom")
    _refused(staff, tom, 403, "forbidden")
    assert _set(api.as_(root, at=acme), tom, "SUSPENDED").json()["status"] == "SUSPENDED"


def test_staff_of_the_pool_do_not_suspend_an_admin(api: Client, pool: Tenant, root: User) -> None:
    _refused(api.as_(StaffFactory.create(tenant=pool, username="pam")), root, 403, "forbidden")


@pytest.mark.parametrize("tag", ['"v2"', 'W/"v1"', '"nonsense"', ""])
def test_a_stale_or_weak_if_match_changes_nothing(staff: Client, alice: User, tag: str) -> None:
    _refused(staff, alice, 412, "precondition-failed", HTTP_IF_MATCH=tag)


@pytest.mark.parametrize("tag", ['"v1"', "*", '"v7", "v1"'])
def test_an_if_match_of_now_lets_the_change_through(staff: Client, alice: User, tag: str) -> None:
    assert _set(staff, alice, "SUSPENDED", HTTP_IF_MATCH=tag).status_code == 200


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "status"),
        ({"status": None}, "status"),
        ({"status": "canary"}, "status"),
        ({"status": ["SUSPENDED"]}, "status"),
        ({"status": "CLOSED"}, "status"),
        ({"status": "SUSPENDED", "reason": 1}, "reason"),
        ({"status": "SUSPENDED", "reason": "canary" * 100}, "reason"),
        ({"status": "SUSPENDED", "role": "ADMIN"}, "role"),
    ],
)
def test_a_change_of_status_takes_nothing_else(staff: Client, alice: User, body: dict[str, object], field: str) -> None:
    before = snapshot()
    answer = staff.patch(_path(alice, "/status"), body)
    assert_problem(answer, 400, "validation-error", field)
    assert b"canary" not in answer.content
    assert snapshot() == before

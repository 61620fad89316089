"""Who may call the Admin API: staff of the scope and admins, nobody else (contract, Who may do what)."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import pytest

from accounts.models import User
from accounts.queries import list_accounts_for_staff
from accounts.services.tenants import remove_tenant_member
from events.queries import get_audit_event, list_audit_events, scoped_events_about
from kernel.actor import ANONYMOUS, SYSTEM
from kernel.errors import DomainError, Forbidden, LoginRequired
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory, acting
from tests.rest.problems import assert_problem
from tests.rest.tokens import access, signed
from tests.snapshots import snapshot


@dataclass(frozen=True, slots=True)
class Call:
    """A call that succeeds for an admin."""

    method: str
    path: str
    body: dict[str, str] | None = None
    is_for_admins: bool = False

    def by(self, client: Client, rows: dict[str, Any]) -> Any:
        return getattr(client, self.method)(f"/v1/admin/{self.path.format(**rows)}", self.body)


CALLS = (
    Call("get", "dashboard/stats"),
    Call("get", "users"),
    Call("get", "users/{user}"),
    Call("patch", "users/{user}/status", {"status": "SUSPENDED", "reason": "Chargebacks."}),
    Call("get", "orders"),
    Call("patch", "orders/{order}/status", {"status": "APPROVED", "reason": "Paid in cash."}),
    Call("post", "orders/{order}/cancel", {"reason": "A mistake."}, is_for_admins=True),
    Call("get", "audit-logs"),
    Call("get", "audit-logs/{entry}"),
)
each_call = pytest.mark.parametrize("call", CALLS, ids=lambda call: f"{call.method} {call.path}")


@pytest.fixture
def rows(acme: Tenant, bob: User) -> dict[str, Any]:
    """Bob of acme, his order, and the journal's entry about it."""
    order = OrderFactory.create(tenant=acme, customer=bob)
    with tenant_scope(acme.id):
        return {"user": bob.id, "order": order.id, "entry": scoped_events_about(order.id)[0].id}


def _refused(call: Call, client: Client, rows: dict[str, Any], status: int, slug: str) -> None:
    before = snapshot()
    assert_problem(call.by(client, rows), status, slug)
    assert snapshot() == before


@each_call
def test_without_a_token_it_is_401(api: Client, rows: dict[str, Any], acme: Tenant, call: Call) -> None:
    _refused(call, api.at(acme), rows, 401, "unauthorized")
    _refused(call, api, rows, 401, "unauthorized")


@each_call
def test_customers_are_403_even_where_it_is_about_themselves(
    api: Client, rows: dict[str, Any], alice: User, bob: User, call: Call
) -> None:
    for customer in (alice, bob):
        _refused(call, api.as_(customer), rows, 403, "forbidden")


@each_call
@pytest.mark.parametrize("body", ["", "[", "{}", '{"status": 1}'])
def test_customers_are_403_before_their_request_is_read(
    api: Client, rows: dict[str, Any], alice: User, call: Call, body: str
) -> None:
    address = f"/v1/admin/{call.path.format(**rows)}?page=x&from=x&status=x"
    client = api.as_(alice)
    before = snapshot()
    assert_problem(client.generic(call.method.upper(), address, body), 403, "forbidden")
    assert snapshot() == before


@each_call
def test_staff_of_another_tenant_are_403(
    api: Client, rows: dict[str, Any], acme: Tenant, gina: User, call: Call
) -> None:
    _refused(call, api.as_(gina, at=acme), rows, 403, "forbidden")


@each_call
def test_staff_who_work_here_no_longer_are_403(api: Client, rows: dict[str, Any], sam: User, call: Call) -> None:
    client = api.as_(sam)
    remove_tenant_member(tenant_id=sam.tenant_id, user=sam, actor=SYSTEM)
    _refused(call, client, rows, 403, "forbidden")


@each_call
def test_a_token_without_the_scope_is_403(api: Client, rows: dict[str, Any], sam: User, call: Call) -> None:
    token = signed(access(sam), scope="read:pets write:pets")
    api.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_X_TENANT_ID=str(sam.tenant_id))
    before = snapshot()
    answer = call.by(api, rows)
    assert_problem(answer, 403, "forbidden")
    assert "lacks the scope" in answer.json()["detail"]
    assert snapshot() == before


@each_call
def test_staff_may_do_all_but_cancel_by_force(api: Client, rows: dict[str, Any], sam: User, call: Call) -> None:
    if call.is_for_admins:
        _refused(call, api.as_(sam), rows, 403, "forbidden")
    else:
        assert call.by(api.as_(sam), rows).status_code == 200


@each_call
def test_an_admin_may_do_all(api: Client, rows: dict[str, Any], acme: Tenant, root: User, call: Call) -> None:
    assert call.by(api.as_(root, at=acme), rows).status_code == 200


@each_call
def test_staff_at_home_do_not_find_a_neighbours_row(
    api: Client, rows: dict[str, Any], gina: User, root: User, call: Call
) -> None:
    if "{" in call.path:
        _refused(call, api.as_(gina if not call.is_for_admins else root), rows, 404, "not-found")


@each_call
def test_options_tell_the_methods_and_other_methods_are_405(
    api: Client, rows: dict[str, Any], sam: User, call: Call
) -> None:
    client, address = api.as_(sam), f"/v1/admin/{call.path.format(**rows)}"
    allowed = {"GET", "HEAD", "OPTIONS"} if call.method == "get" else {call.method.upper(), "OPTIONS"}
    asked, refused = client.options(address), client.put(address, {})
    assert (asked.status_code, set(asked["Allow"].split(", "))) == (204, allowed)
    assert_problem(refused, 405, "method-not-allowed")
    assert set(refused["Allow"].split(", ")) == allowed


@pytest.mark.parametrize("path", [call.path for call in CALLS if call.method == "get"])
def test_head_answers_as_get_does(api: Client, rows: dict[str, Any], sam: User, path: str) -> None:
    client, address = api.as_(sam), f"/v1/admin/{path.format(**rows)}"
    got, head = client.get(address), client.head(address)
    assert (head.status_code, head.content, head.get("ETag")) == (200, b"", got.get("ETag"))


@pytest.mark.parametrize("who", ["nobody", "alice"])
def test_the_reads_below_the_edge_refuse_them_too(rows: dict[str, Any], acme: Tenant, alice: User, who: str) -> None:
    error: type[DomainError]
    actor, error = (acting(alice), Forbidden) if who == "alice" else (ANONYMOUS, LoginRequired)
    with tenant_scope(acme.id):
        for read in (list_accounts_for_staff, list_audit_events, partial(get_audit_event, rows["entry"])):
            with pytest.raises(error):
                read(actor=actor)

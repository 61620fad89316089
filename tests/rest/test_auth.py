"""/v1/auth/tokens (contract, Users; guarantees, G12)."""

from functools import partial
from typing import Any

import pytest

from accounts.models import LoginSession, UsedRefreshToken, User
from accounts.services.tenants import add_tenant_member
from events.models import Action, AuditEvent
from kernel import ids
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, tenant_scope
from tests.client import Client
from tests.concurrency import run_together
from tests.factories import PASSWORD, CustomerFactory, TenantFactory
from tests.rest.tokens import log_in, me, payload, refresh, revoke, signed, suspend


def test_a_customer_logs_in_and_gets_what_the_contract_says(api: Client, alice: User) -> None:
    answer = log_in(api.at(alice.tenant))
    assert (answer.status_code, set(answer.json())) == (200, {"token", "expiresAt", "refreshToken"})
    claims = payload(answer.json()["token"])
    assert (claims["sub"], claims["role"], claims["tenant"]) == (str(alice.id), "CUSTOMER", str(alice.tenant_id))
    assert claims["exp"] - claims["iat"] == 24 * 3600
    assert "read:orders" in claims["scope"].split()
    assert "write:pets" not in claims["scope"].split()
    assert answer["Cache-Control"] == "no-store"


def test_a_username_is_known_in_any_case(api: Client, alice: User) -> None:
    assert log_in(api.at(alice.tenant), "ALICE").status_code == 200


@pytest.mark.parametrize(("username", "password"), [("alice", "wrong"), ("nobody", PASSWORD), ("x" * 999, "y" * 999)])
def test_any_wrong_pair_gets_the_same_401(api: Client, alice: User, username: str, password: str) -> None:
    answer = log_in(api.at(alice.tenant), username, password)
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    assert answer.json() == log_in(api.at(alice.tenant), "alice", "canary").json()
    with tenant_scope(alice.tenant_id):
        assert not LoginSession.objects.exists()
        assert AuditEvent.objects.filter(action=Action.LOGIN_FAILED).count() == 2


def test_a_suspended_user_is_told_so_only_with_the_right_password(api: Client, alice: User) -> None:
    suspend(alice)
    assert log_in(api.at(alice.tenant)).status_code == 403
    assert log_in(api.at(alice.tenant), "alice", "wrong").status_code == 401


def test_a_closed_account_logs_in_no_more(api: Client, alice: User) -> None:
    api.as_(alice).delete(f"/v1/users/{alice.id}")
    for name in ("alice", f"closed:{alice.id}"):
        assert log_in(api.at(alice.tenant), name).status_code == 401


@pytest.mark.parametrize(
    "body",
    [{}, {"username": "alice"}, {"username": 1, "password": 2}, {"username": None, "password": None}, [], "x", None],
)
def test_a_malformed_log_in_is_400(api: Client, alice: User, body: object) -> None:
    assert api.at(alice.tenant).post("/v1/auth/tokens", body).status_code == 400


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"username": "canary", "password": "canary"}),
        ("", {"username": ["canary"], "password": {"canary": 1}}),
        ("/refresh", {"refreshToken": "canary"}),
        ("/refresh", {"refreshToken": 7, "token": "canary"}),
        ("/revoke", {"token": ["canary"]}),
    ],
)
def test_an_error_never_repeats_a_secret(api: Client, pool: Tenant, path: str, body: dict[str, Any]) -> None:
    answer = api.post(f"/v1/auth/tokens{path}", body)
    assert answer.status_code in (400, 401)
    assert b"canary" not in answer.content


def test_the_entrance_of_a_members_tenant_is_open_and_nothing_else_is(api: Client, alice: User) -> None:
    door = api.at(alice.tenant)
    pair = log_in(door).json()
    assert refresh(door, pair["refreshToken"]).status_code == 200
    assert revoke(door, pair["token"]).status_code == 204
    for path in (f"/v1/orders/{ids.new_id()}", f"/v1/users/{alice.id}", "/v1/orders"):
        assert door.get(path).status_code == 401


def test_nobody_logs_in_to_another_tenant(api: Client, alice: User, globex: Tenant) -> None:
    assert log_in(api.at(globex)).status_code == 401
    assert log_in(api).status_code == 401


def test_staff_log_in_wherever_they_are_members(api: Client, sam: User, globex: Tenant) -> None:
    assert log_in(api.at(globex), "sam").status_code == 401
    add_tenant_member(tenant_id=globex.id, username="sam", actor=SYSTEM)
    token = log_in(api.at(globex), "sam").json()["token"]
    assert (payload(token)["role"], payload(token)["tenant"]) == ("STAFF", str(globex.id))
    charlie = CustomerFactory.create(tenant=globex, username="charlie")
    assert me(globex, token, charlie) == 200


def test_an_admin_logs_in_everywhere(api: Client, alice: User, root: User) -> None:
    token = log_in(api.at(alice.tenant), "root").json()["token"]
    assert me(alice.tenant, token, alice) == 200
    assert log_in(api, "root").status_code == 200


def test_a_customer_of_the_same_name_keeps_no_colleague_out(api: Client, root: User, pool: Tenant) -> None:
    shop = TenantFactory.create(access=Tenant.Access.OPEN)
    namesake = {"username": "root", "firstName": "R", "lastName": "R", "email": "r@example.com"}
    api.at(shop).post("/v1/users", namesake | {"password": "quite another phrase"})
    both = [log_in(api.at(shop), "root", word).json()["token"] for word in (PASSWORD, "quite another phrase")]
    assert [payload(token)["role"] for token in both] == ["ADMIN", "CUSTOMER"]


@pytest.mark.parametrize("which", ["token", "refreshToken"])
def test_revoking_either_token_ends_the_log_in_and_no_other(api: Client, alice: User, which: str) -> None:
    door = api.at(alice.tenant)
    ended, other = log_in(door).json(), log_in(door).json()
    assert revoke(door, ended[which]).status_code == 204
    assert me(alice.tenant, ended["token"], alice) == 401
    assert refresh(door, ended["refreshToken"]).status_code == 401
    assert me(alice.tenant, other["token"], alice) == 200


def test_revoking_a_token_that_is_no_good_is_no_error(api: Client, alice: User) -> None:
    door = api.at(alice.tenant)
    pair = log_in(door).json()
    for token in ("rubbish", pair["token"], pair["token"], signed(pair["token"], exp=1)):
        assert revoke(door, token).status_code == 204


def test_a_token_is_revoked_and_renewed_only_where_it_was_issued(api: Client, alice: User, globex: Tenant) -> None:
    pair = log_in(api.at(alice.tenant)).json()
    for elsewhere in (api, api.at(globex)):
        assert revoke(elsewhere, pair["token"]).status_code == 403
        assert refresh(elsewhere, pair["refreshToken"]).status_code == 403
    assert me(alice.tenant, pair["token"], alice) == 200
    assert refresh(api.at(alice.tenant), pair["refreshToken"]).status_code == 200


def test_an_admins_refresh_stays_in_its_scope_too(api: Client, root: User, acme: Tenant) -> None:
    pair = log_in(api, "root").json()
    assert refresh(api.at(acme), pair["refreshToken"]).status_code == 403
    assert refresh(api, pair["refreshToken"]).status_code == 200


def test_a_refresh_gives_a_new_pair_of_the_same_shape(api: Client, alice: User) -> None:
    old = log_in(api.at(alice.tenant)).json()
    answer = refresh(api.at(alice.tenant), old["refreshToken"])
    assert (answer.status_code, set(answer.json())) == (200, set(old))
    assert answer.json()["refreshToken"] != old["refreshToken"]
    assert me(alice.tenant, answer.json()["token"], alice) == 200


def test_a_refresh_token_used_twice_ends_the_whole_family(api: Client, alice: User) -> None:
    door = api.at(alice.tenant)
    old = log_in(door).json()
    new = refresh(door, old["refreshToken"]).json()
    assert refresh(door, old["refreshToken"]).status_code == 401
    assert refresh(door, new["refreshToken"]).status_code == 401
    assert [me(alice.tenant, pair["token"], alice) for pair in (old, new)] == [401, 401]


def _ten_at_once(tenant: Tenant, token: str) -> list[int]:
    def renew(client: Client) -> int:
        return int(refresh(client, token).status_code)

    return sorted(run_together([partial(renew, Client().at(tenant)) for _ in range(10)]).results)


@pytest.mark.django_db(transaction=True)
def test_of_ten_refreshes_at_once_exactly_one_gives_a_pair(api: Client, alice: User) -> None:
    token = log_in(api.at(alice.tenant)).json()["refreshToken"]
    assert _ten_at_once(alice.tenant, token) == [200] + [401] * 9
    with tenant_scope(alice.tenant_id):
        assert UsedRefreshToken.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_ten_refreshes_all_give_one_where_nothing_notes_the_spent_token(
    api: Client, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(UsedRefreshToken, "save", lambda *_args, **_kwargs: None)
    token = log_in(api.at(alice.tenant)).json()["refreshToken"]
    assert _ten_at_once(alice.tenant, token) == [200] * 10


def test_log_ins_live_in_the_scope_they_were_made_in(api: Client, root: User, acme: Tenant) -> None:
    log_in(api.at(acme), "root")
    for tenant_id, expected in ((acme.id, 1), (SHARED_POOL_ID, 0)):
        with tenant_scope(tenant_id):
            assert LoginSession.objects.count() == expected

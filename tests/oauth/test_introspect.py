"""Introspection: what a CONFIDENTIAL application learns of a token of its tenant, and of no other (RFC 7662)."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.applications.registering import register
from tests.factories import CustomerFactory
from tests.minting import tokens_for
from tests.oauth.calling import INTROSPECT, Caller, error_of, post
from tests.oauth.granting import allow
from tests.rest.tokens import payload, signed, suspend

MEMBERS = {
    "active",
    "scope",
    "client_id",
    "username",
    "sub",
    "exp",
    "iat",
    "iss",
    "aud",
    "jti",
    "token_type",
    "role",
    "tenant",
}


@pytest.fixture
def tokens(mobile: Caller, alice: User) -> dict[str, Any]:
    return mobile.exchange(allow(mobile.application, alice).form)


def told(caller: Caller, token: str) -> dict[str, Any]:
    response = caller.post(INTROSPECT, {"token": token})
    assert response.status_code == 200, response.content
    assert (response["Cache-Control"], response["Pragma"]) == ("no-store", "no-cache")
    found: dict[str, Any] = response.json()
    return found


def test_an_access_token_is_told_with_exactly_the_members_of_the_contract(
    probe: Caller, mobile: Caller, tokens: dict[str, Any], alice: User
) -> None:
    claims = payload(tokens["access_token"])
    assert told(probe, tokens["access_token"]) == {
        "active": True,
        "scope": "read:orders write:orders",
        "client_id": mobile.application.client_id,
        "username": "alice",
        "sub": str(alice.id),
        "exp": claims["exp"],
        "iat": claims["iat"],
        "iss": "petstore",
        "aud": "petstore-api",
        "jti": claims["jti"],
        "token_type": "Bearer",
        "role": "CUSTOMER",
        "tenant": str(alice.tenant_id),
    }


def test_a_refresh_token_has_the_same_members_and_another_type_and_audience(
    probe: Caller, tokens: dict[str, Any]
) -> None:
    found = told(probe, tokens["refresh_token"])
    assert found.keys() == MEMBERS
    assert (found["token_type"], found["aud"]) == ("refresh_token", "petstore-refresh")


def test_a_log_in_s_token_is_good_and_names_no_application(probe: Caller, alice: User) -> None:
    with tenant_scope(alice.tenant_id):
        found = told(probe, tokens_for(alice).token)
    assert found.keys() == MEMBERS - {"client_id"}


def test_staff_whose_home_is_elsewhere_are_told_with_their_role_here(probe: Caller, sam: User) -> None:
    found = told(probe, probe.exchange(allow(probe.application, sam).form)["access_token"])
    assert (found["username"], found["role"]) == ("sam", "STAFF")


def test_the_shared_pool_is_null(pool: Tenant) -> None:
    caller = Caller.of(register(pool))
    user = CustomerFactory.create(tenant=pool)
    assert told(caller, caller.exchange(allow(caller.application, user).form)["access_token"])["tenant"] is None


def test_all_else_is_inactive_word_for_word(
    probe: Caller,
    tokens: dict[str, Any],
    globex: Tenant,
    charlie: User,
    bob: User,
    mobile: Caller,
    pass_seconds: Callable[[int], None],
) -> None:
    elsewhere = Caller.of(register(globex))
    foreign = elsewhere.exchange(allow(elsewhere.application, charlie).form)
    of_bob = mobile.exchange(allow(mobile.application, bob).form)
    renewed = mobile.exchange(allow(mobile.application, bob).form)
    mobile.refresh(renewed["refresh_token"])
    suspended = CustomerFactory.create(tenant=bob.tenant)
    of_suspended = mobile.exchange(allow(mobile.application, suspended).form)
    suspend(suspended)
    mobile.refresh(of_bob["refresh_token"])
    mobile.refresh(of_bob["refresh_token"])
    head, body, signature = tokens["access_token"].split(".")
    dead = {
        "another tenant's": foreign["access_token"],
        "another tenant's refresh token": foreign["refresh_token"],
        "another tenant's, as if it were ours": signed(foreign["access_token"], tenant=str(bob.tenant_id)),
        "a used refresh token": renewed["refresh_token"],
        "a family that ended": of_bob["access_token"],
        "a suspended user's": of_suspended["access_token"],
        "forged": f"{head}.{body}.{signature[::-1]}",
        "of no signature": f"eyJhbGciOiJub25lIn0.{body}.",
        "nonsense": "x",
        "expired": signed(tokens["access_token"], exp=1),
    }
    for what, token in dead.items():
        assert told(probe, token) == {"active": False}, what
    assert told(probe, tokens["access_token"])["active"]
    assert told(elsewhere, foreign["access_token"])["active"]
    pass_seconds(86_400)
    assert told(probe, tokens["access_token"]) == {"active": False}


def test_public_applications_and_strangers_learn_nothing(mobile: Caller, tokens: dict[str, Any]) -> None:
    assert error_of(mobile.post(INTROSPECT, {"token": tokens["access_token"]})) == "invalid_client"
    assert error_of(post(INTROSPECT, {"token": tokens["access_token"]})) == "invalid_client"
    authorization = f"Bearer {tokens['access_token']}"
    assert (
        error_of(post(INTROSPECT, {"token": tokens["access_token"]}, authorization=authorization)) == "invalid_client"
    )


def test_without_a_token_the_request_is_malformed(probe: Caller) -> None:
    assert error_of(probe.post(INTROSPECT, {"token_type_hint": "access_token"})) == "invalid_request"

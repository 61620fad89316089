"""Revocation: 200 whatever the token was, and only the application's own end (RFC 7009)."""

from typing import Any

import pytest

from accounts.models import User
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.applications.registering import register
from tests.minting import tokens_for
from tests.oauth.calling import REVOKE, Caller, error_of, is_good, post
from tests.oauth.granting import allow
from tests.rest.tokens import me


@pytest.fixture
def tokens(probe: Caller, alice: User) -> dict[str, Any]:
    return probe.exchange(allow(probe.application, alice).form)


def revoke(caller: Caller, token: str, **more: str) -> None:
    response = caller.post(REVOKE, {"token": token} | more)
    assert (response.status_code, response.content) == (200, b"")
    assert (response["Cache-Control"], response["Pragma"]) == ("no-store", "no-cache")


@pytest.mark.parametrize("hint", [None, "access_token", "refresh_token", "something_else"])
@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
def test_either_token_takes_its_family_with_it_and_no_other(
    probe: Caller, tokens: dict[str, Any], alice: User, name: str, hint: str | None
) -> None:
    other = probe.exchange(allow(probe.application, alice).form)
    revoke(probe, tokens[name], **({} if hint is None else {"token_type_hint": hint}))
    assert me(alice.tenant, tokens["access_token"], alice) == 401
    assert error_of(probe.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert is_good(probe, other["access_token"])


def test_a_family_that_was_renewed_ends_by_an_old_token_too(probe: Caller, tokens: dict[str, Any]) -> None:
    fresh = probe.refresh(tokens["refresh_token"]).json()
    revoke(probe, tokens["refresh_token"])
    assert not is_good(probe, fresh["access_token"])


def test_another_s_tokens_a_log_in_s_and_nonsense_are_answered_alike_and_go_on(
    probe: Caller, mobile: Caller, tokens: dict[str, Any], alice: User, globex: Tenant, charlie: User
) -> None:
    elsewhere = Caller.of(register(globex))
    foreign = elsewhere.exchange(allow(elsewhere.application, charlie).form)
    with tenant_scope(alice.tenant_id):
        own = tokens_for(alice)
    for token in (tokens["refresh_token"], tokens["access_token"], own.token, own.refresh_token, "x", "a.b.c"):
        revoke(mobile, token)
    revoke(probe, foreign["refresh_token"])
    assert is_good(probe, tokens["access_token"])
    assert is_good(probe, own.token)
    assert is_good(elsewhere, foreign["access_token"])


def test_twice_is_once(probe: Caller, tokens: dict[str, Any]) -> None:
    revoke(probe, tokens["refresh_token"])
    revoke(probe, tokens["refresh_token"])
    assert not is_good(probe, tokens["access_token"])


def test_whoever_is_no_client_revokes_nothing(probe: Caller, tokens: dict[str, Any]) -> None:
    assert error_of(post(REVOKE, {"token": tokens["refresh_token"]})) == "invalid_client"
    impostor = Caller(probe.application, None)
    assert error_of(impostor.post(REVOKE, {"token": tokens["refresh_token"]})) == "invalid_client"
    assert is_good(probe, tokens["access_token"])


def test_without_a_token_the_request_is_malformed(probe: Caller) -> None:
    assert error_of(probe.post(REVOKE, {"token_type_hint": "access_token"})) == "invalid_request"

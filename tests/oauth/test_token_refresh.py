"""Refresh tokens: 30 days, once, for one application; a second use ends the family (RFC 6749, 6; RFC 9700, 4.14)."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import LoginSession, User
from accounts.services.registration import change_user_status
from applications.services.consents import withdraw_consent
from applications.services.lifecycle import pause_application, resume_application
from kernel import clock
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.applications.registering import register
from tests.client import Client
from tests.minting import tokens_for
from tests.oauth.calling import TOKEN, Caller, error_of, is_good
from tests.oauth.granting import actor_of, allow
from tests.rest.tokens import me, payload, refresh, revoke, signed

DAY = 86_400


@pytest.fixture
def tokens(probe: Caller, alice: User) -> dict[str, Any]:
    return probe.exchange(allow(probe.application, alice).form)


def renewed(caller: Caller, refresh_token: str, **more: str) -> dict[str, Any]:
    response = caller.refresh(refresh_token, **more)
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def test_a_refresh_gives_a_new_pair_of_the_same_family(probe: Caller, tokens: dict[str, Any]) -> None:
    fresh = renewed(probe, tokens["refresh_token"])
    assert fresh.keys() == tokens.keys()
    assert {payload(pair[name])["sid"] for pair in (tokens, fresh) for name in ("access_token", "refresh_token")} == {
        payload(tokens["access_token"])["sid"]
    }
    assert is_good(probe, tokens["access_token"])
    assert is_good(probe, fresh["access_token"])
    assert not is_good(probe, tokens["refresh_token"])
    assert is_good(probe, fresh["refresh_token"])


def test_a_second_use_ends_the_family_for_good(probe: Caller, tokens: dict[str, Any], alice: User) -> None:
    other = probe.exchange(allow(probe.application, alice).form)
    fresh = renewed(probe, tokens["refresh_token"])
    assert error_of(probe.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert error_of(probe.refresh(fresh["refresh_token"])) == "invalid_grant"
    assert not is_good(probe, tokens["access_token"])
    assert not is_good(probe, fresh["access_token"])
    assert is_good(probe, other["access_token"])


def test_a_refresh_token_lives_thirty_days_from_its_own_issue(
    probe: Caller, tokens: dict[str, Any], pass_seconds: Callable[[int], None]
) -> None:
    first = payload(tokens["refresh_token"])
    assert first["exp"] - first["iat"] == 30 * DAY
    pass_seconds(29 * DAY)
    fresh = renewed(probe, tokens["refresh_token"])
    second = payload(fresh["refresh_token"])
    assert second["exp"] - second["iat"] == 30 * DAY
    with tenant_scope(probe.application.tenant_id):
        assert LoginSession.objects.get().expires_at.timestamp() == second["exp"]


def test_after_thirty_days_it_is_too_late(
    probe: Caller, tokens: dict[str, Any], pass_seconds: Callable[[int], None]
) -> None:
    pass_seconds(30 * DAY)
    assert error_of(probe.refresh(tokens["refresh_token"])) == "invalid_grant"


def test_the_scope_of_an_access_token_may_shrink_and_grow_back_to_what_was_granted(
    probe: Caller, tokens: dict[str, Any]
) -> None:
    fewer = renewed(probe, tokens["refresh_token"], scope="read:pets")
    assert fewer["scope"] == payload(fewer["access_token"])["scope"] == "read:pets"
    assert payload(fewer["refresh_token"])["scope"] == "read:pets read:orders"
    assert renewed(probe, fewer["refresh_token"])["scope"] == "read:pets read:orders"


@pytest.mark.parametrize("scope", ["read:pets write:orders", "write:pets", "openid", "read:pets  read:orders x"])
def test_it_cannot_grow_beyond_and_the_token_is_not_used_up(probe: Caller, tokens: dict[str, Any], scope: str) -> None:
    assert error_of(probe.refresh(tokens["refresh_token"], scope=scope)) == "invalid_scope"
    assert renewed(probe, tokens["refresh_token"])["scope"] == "read:pets read:orders"


def test_a_scope_that_was_not_allowed_cannot_be_had_though_the_application_may_ask_for_it(
    probe: Caller, alice: User
) -> None:
    tokens = probe.exchange(allow(probe.application, alice, ["read:pets"]).form)
    assert error_of(probe.refresh(tokens["refresh_token"], scope="read:pets read:orders")) == "invalid_scope"


def test_whoever_is_staff_no_more_gives_their_rights_no_more(acme: Tenant, sam: User) -> None:
    shop = Caller.of(register(acme, scopes=["read:pets", "write:pets"]))
    tokens = shop.exchange(allow(shop.application, sam).form)
    with tenant_scope(acme.id):
        User.objects.filter(pk=sam.pk).update(role="CUSTOMER")
    assert renewed(shop, tokens["refresh_token"])["scope"] == "read:pets"


def test_another_application_cannot_use_it_and_does_not_end_it(
    probe: Caller, mobile: Caller, globex: Tenant, tokens: dict[str, Any]
) -> None:
    for thief in (mobile, Caller.of(register(globex)), Caller.of(register(probe.application.tenant, name="Twin"))):
        assert error_of(thief.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert renewed(probe, tokens["refresh_token"])


def test_it_does_not_renew_a_log_in_and_a_log_in_s_token_renews_no_application(
    probe: Caller, tokens: dict[str, Any], alice: User
) -> None:
    with tenant_scope(alice.tenant_id):
        own = tokens_for(alice)
    assert refresh(Client().at(alice.tenant), tokens["refresh_token"]).status_code == 401
    assert error_of(probe.refresh(own.refresh_token)) == "invalid_grant"
    assert renewed(probe, tokens["refresh_token"])
    assert refresh(Client().at(alice.tenant), own.refresh_token).status_code == 200


def test_a_log_in_s_token_that_names_the_application_renews_nothing(probe: Caller, alice: User) -> None:
    with tenant_scope(alice.tenant_id):
        own = tokens_for(alice)
    dressed_up = signed(own.refresh_token, client_id=probe.application.client_id)
    assert error_of(probe.refresh(dressed_up)) == "invalid_grant"
    assert me(alice.tenant, own.token, alice) == 200


def test_the_log_in_s_revocation_ends_a_family_too(probe: Caller, tokens: dict[str, Any], alice: User) -> None:
    assert revoke(Client().at(alice.tenant), tokens["refresh_token"]).status_code == 204
    assert not is_good(probe, tokens["access_token"])
    assert error_of(probe.refresh(tokens["refresh_token"])) == "invalid_grant"


@pytest.mark.parametrize("kind", ["an access token", "nonsense", "forged", "of no signature"])
def test_what_is_no_refresh_token_renews_nothing(probe: Caller, tokens: dict[str, Any], kind: str) -> None:
    head, body, _ = tokens["refresh_token"].split(".")
    given = {
        "an access token": tokens["access_token"],
        "nonsense": "x",
        "forged": f"{head}.{body}.AAAA",
        "of no signature": f"eyJhbGciOiJub25lIn0.{body}.",
    }
    assert error_of(probe.refresh(given[kind])) == "invalid_grant"
    assert renewed(probe, tokens["refresh_token"])


def test_a_refresh_without_a_token_is_malformed(probe: Caller, acme: Tenant) -> None:
    assert error_of(probe.post(TOKEN, {"grant_type": "refresh_token"})) == "invalid_request"


def test_a_suspended_user_s_and_a_withdrawn_consent_s_tokens_renew_nothing(
    probe: Caller, alice: User, bob: User
) -> None:
    of_alice, of_bob = (probe.exchange(allow(probe.application, user).form) for user in (alice, bob))
    with tenant_scope(alice.tenant_id):
        change_user_status(user_id=alice.id, status="SUSPENDED", actor=SYSTEM)
        consent = probe.application.consents.get(user=bob)
        withdraw_consent(consent_id=consent.id, actor=actor_of(bob))
    for tokens in (of_alice, of_bob):
        assert not is_good(probe, tokens["access_token"])
        assert error_of(probe.refresh(tokens["refresh_token"])) == "invalid_grant"


def test_a_pause_ends_all_tokens_for_good(probe: Caller, tokens: dict[str, Any], alice: User) -> None:
    with tenant_scope(alice.tenant_id):
        pause_application(application_id=probe.application.id, actor=SYSTEM)
    assert error_of(probe.refresh(tokens["refresh_token"])) == "invalid_client"
    assert me(alice.tenant, tokens["access_token"], alice) == 401
    with tenant_scope(alice.tenant_id):
        resume_application(application_id=probe.application.id, actor=SYSTEM)
    assert error_of(probe.refresh(tokens["refresh_token"])) == "invalid_grant"


def test_a_token_of_another_tenant_renews_nothing(probe: Caller, globex: Tenant, charlie: User) -> None:
    elsewhere = Caller.of(register(globex))
    tokens = elsewhere.exchange(allow(elsewhere.application, charlie).form)
    dressed_up = signed(tokens["refresh_token"], client_id=probe.application.client_id)
    assert error_of(probe.refresh(dressed_up)) == "invalid_grant"
    assert renewed(elsewhere, tokens["refresh_token"])


def test_the_time_of_issue_is_the_renewal_s(
    probe: Caller, tokens: dict[str, Any], pass_seconds: Callable[[int], None]
) -> None:
    pass_seconds(3600)
    fresh = renewed(probe, tokens["refresh_token"])
    assert payload(fresh["access_token"])["iat"] == int(clock.now().timestamp())

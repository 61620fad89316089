"""Codes exchanged for tokens: once, within a minute, by whom and with what they were issued for (RFC 6749, 4.1)."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import LoginSession, User
from accounts.services.registration import change_user_status
from applications.models import Application, ApplicationSession, AuthorizationCode
from applications.services.consents import withdraw_consent
from applications.services.lifecycle import delete_application, pause_application, resume_application
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.applications.registering import register
from tests.factories import StaffFactory
from tests.oauth.calling import TOKEN, Caller, error_of, is_good
from tests.oauth.granting import Allowed, actor_of, allow, families
from tests.rest.tokens import me, payload


def test_a_code_gives_exactly_the_members_of_the_contract(probe: Caller, alice: User) -> None:
    tokens = probe.exchange(allow(probe.application, alice).form)
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert (tokens["token_type"], tokens["expires_in"]) == ("Bearer", 86_400)
    assert tokens["scope"] == "read:pets read:orders"


def test_its_access_token_has_the_claims_of_a_log_in_and_the_application(probe: Caller, alice: User) -> None:
    claims = payload(probe.exchange(allow(probe.application, alice).form)["access_token"])
    assert (claims["sub"], claims["role"], claims["tenant"]) == (str(alice.id), "CUSTOMER", str(alice.tenant_id))
    assert (claims["scope"], claims["client_id"]) == ("read:pets read:orders", probe.application.client_id)
    assert claims["exp"] - claims["iat"] == 86_400


def test_its_tokens_are_of_one_session_with_the_application_beside_it(probe: Caller, alice: User) -> None:
    tokens = probe.exchange(allow(probe.application, alice).form)
    sessions = {payload(tokens[name])["sid"] for name in ("access_token", "refresh_token")}
    with tenant_scope(probe.application.tenant_id):
        family = ApplicationSession.objects.get()
        assert sessions == {str(family.session_id)}
        assert (family.application, family.user) == (probe.application, alice)


def test_a_public_application_needs_no_secret(mobile: Caller, alice: User, acme: Tenant) -> None:
    tokens = mobile.exchange(allow(mobile.application, alice).form)
    assert tokens["scope"] == "read:orders write:orders"


def test_an_application_of_the_shared_pool_has_tokens_of_the_pool(pool: Tenant) -> None:
    caller = Caller.of(register(pool))
    user = StaffFactory.create(tenant=pool)
    claims = payload(caller.exchange(allow(caller.application, user).form)["access_token"])
    assert claims["tenant"] is None


def test_a_tenant_header_says_nothing(probe: Caller, alice: User, globex: Tenant) -> None:
    response = probe.post(TOKEN, allow(probe.application, alice).form, HTTP_X_TENANT_ID=str(globex.id))
    assert payload(response.json()["access_token"])["tenant"] == str(alice.tenant_id)


def test_a_code_is_used_up_and_a_second_use_ends_what_the_first_gave(probe: Caller, alice: User) -> None:
    other = probe.exchange(allow(probe.application, alice).form)
    allowed = allow(probe.application, alice)
    tokens = probe.exchange(allowed.form)
    assert is_good(probe, tokens["access_token"])
    assert error_of(probe.post(TOKEN, allowed.form)) == "invalid_grant"
    assert not is_good(probe, tokens["access_token"])
    assert error_of(probe.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert is_good(probe, other["access_token"])
    assert families() == 2


def test_a_second_use_ends_them_also_with_another_verifier_and_when_the_code_would_be_too_old(
    probe: Caller, alice: User, pass_seconds: Callable[[int], None]
) -> None:
    allowed = allow(probe.application, alice)
    tokens = probe.exchange(allowed.form)
    pass_seconds(600)
    assert error_of(probe.post(TOKEN, allowed.form | {"code_verifier": "x" * 43})) == "invalid_grant"
    assert not is_good(probe, tokens["access_token"])


WRONG: dict[str, dict[str, str]] = {
    "verifier": {"code_verifier": "x" * 43},
    "challenge as verifier": {"code_verifier": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"},
    "redirect URI": {"redirect_uri": "https://app.example/callback/"},
    "no redirect URI": {"redirect_uri": ""},
}


@pytest.mark.parametrize("changed", WRONG.values(), ids=WRONG)
def test_with_anything_else_than_it_was_issued_for_a_code_gives_nothing_and_is_used_up(
    probe: Caller, alice: User, changed: dict[str, str]
) -> None:
    allowed = allow(probe.application, alice)
    assert error_of(probe.post(TOKEN, allowed.form | changed)) == "invalid_grant"
    assert error_of(probe.post(TOKEN, allowed.form)) == "invalid_grant"
    assert families() == 0


def test_without_a_verifier_the_request_is_malformed_and_the_code_stays_good(probe: Caller, alice: User) -> None:
    allowed = allow(probe.application, alice)
    form = {name: value for name, value in allowed.form.items() if name != "code_verifier"}
    assert error_of(probe.post(TOKEN, form)) == "invalid_request"
    assert probe.exchange(allowed.form)


def test_another_application_gets_nothing_for_a_code_and_cannot_spoil_it(
    probe: Caller, mobile: Caller, alice: User, globex: Tenant
) -> None:
    allowed = allow(probe.application, alice)
    for thief in (mobile, Caller.of(register(globex))):
        assert error_of(thief.post(TOKEN, allowed.form)) == "invalid_grant"
    assert families() == 0
    tokens = probe.exchange(allowed.form)
    assert error_of(mobile.post(TOKEN, allowed.form)) == "invalid_grant"
    assert is_good(probe, tokens["access_token"])


@pytest.mark.parametrize(("seconds", "is_in_time"), [(59, True), (60, False)])
def test_a_code_lives_a_minute(
    probe: Caller, alice: User, pass_seconds: Callable[[int], None], seconds: int, is_in_time: bool
) -> None:
    allowed = allow(probe.application, alice)
    pass_seconds(seconds)
    response = probe.post(TOKEN, allowed.form)
    assert response.status_code == (200 if is_in_time else 400)
    assert families() == int(is_in_time)


def _pause(application: Application) -> None:
    pause_application(application_id=application.id, actor=SYSTEM)
    resume_application(application_id=application.id, actor=SYSTEM)


def _withdraw(application: Application) -> None:
    for consent in application.consents.all():
        withdraw_consent(consent_id=consent.id, actor=actor_of(consent.user))


def _suspend(application: Application) -> None:
    change_user_status(user_id=User.objects.get(username="alice").id, status="SUSPENDED", actor=SYSTEM)


def _suspend_and_reinstate(application: Application) -> None:
    user_id = User.objects.get(username="alice").id
    change_user_status(user_id=user_id, status="SUSPENDED", actor=SYSTEM)
    change_user_status(user_id=user_id, status="ACTIVE", actor=SYSTEM)


ENDS: dict[str, Callable[[Application], Any]] = {
    "a pause, though it is over": _pause,
    "a withdrawn consent": _withdraw,
    "a suspension": _suspend,
    "a suspension, though it is over": _suspend_and_reinstate,
}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_what_ends_tokens_ends_codes_too(probe: Caller, alice: User, end: Callable[[Application], Any]) -> None:
    tokens, allowed = probe.exchange(allow(probe.application, alice).form), allow(probe.application, alice)
    with tenant_scope(probe.application.tenant_id):
        end(probe.application)
    assert error_of(probe.post(TOKEN, allowed.form)) == "invalid_grant"
    assert error_of(probe.refresh(tokens["refresh_token"])) == "invalid_grant"
    assert me(alice.tenant, tokens["access_token"], alice) == 401
    assert families() == 1


def test_a_new_password_ends_codes_too(probe: Caller, alice: User) -> None:
    allowed = allow(probe.application, alice)
    with tenant_scope(alice.tenant_id):
        User.objects.filter(pk=alice.pk).update(token_version=alice.token_version + 1)
    assert error_of(probe.post(TOKEN, allowed.form)) == "invalid_grant"
    assert families() == 0


def test_a_paused_application_and_a_deleted_one_are_clients_no_more(probe: Caller, mobile: Caller, alice: User) -> None:
    allowed, other = allow(probe.application, alice), allow(mobile.application, alice)
    with tenant_scope(alice.tenant_id):
        pause_application(application_id=probe.application.id, actor=SYSTEM)
        delete_application(application_id=mobile.application.id, actor=SYSTEM)
    assert error_of(probe.post(TOKEN, allowed.form)) == "invalid_client"
    assert error_of(mobile.post(TOKEN, other.form)) == "invalid_client"
    assert families() == 0


def test_an_application_of_a_suspended_tenant_is_a_client_no_more(probe: Caller, alice: User, acme: Tenant) -> None:
    allowed = allow(probe.application, alice)
    Tenant.objects.filter(pk=acme.pk).update(status=Tenant.Status.SUSPENDED)
    assert error_of(probe.post(TOKEN, allowed.form)) == "invalid_client"


def test_a_customer_gives_no_right_of_staff(acme: Tenant, alice: User, sam: User) -> None:
    shop = Caller.of(register(acme, scopes=["read:pets", "write:pets"]))
    assert shop.exchange(allow(shop.application, alice).form)["scope"] == "read:pets"
    assert shop.exchange(allow(shop.application, sam).form)["scope"] == "read:pets write:pets"


def test_a_code_s_tokens_have_the_scopes_that_were_allowed_and_no_more(probe: Caller, alice: User) -> None:
    allowed = allow(probe.application, alice, ["read:pets"])
    tokens = probe.exchange(allowed.form | {"scope": "read:pets read:orders"})
    assert tokens["scope"] == "read:pets"
    assert payload(tokens["refresh_token"])["scope"] == "read:pets"


def test_a_code_is_not_in_the_database(probe: Caller, alice: User) -> None:
    allowed = allow(probe.application, alice)
    with tenant_scope(alice.tenant_id):
        assert allowed.code not in str(AuthorizationCode.objects.values().get())


def test_an_unknown_code_gives_nothing(probe: Caller, alice: User) -> None:
    assert error_of(probe.post(TOKEN, Allowed("never-issued").form)) == "invalid_grant"
    with tenant_scope(alice.tenant_id):
        assert not LoginSession.objects.exists()

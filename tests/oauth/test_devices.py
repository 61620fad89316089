"""Devices: they show a code, ask until the user has answered, and get tokens once (RFC 8628)."""

import re
from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from applications.errors import DeviceAnswered, InvalidGrantScope
from applications.models import Consent, DeviceAuthorization
from applications.services.devices import LONGEST_INTERVAL, answer_device_authorization, find_open_device
from applications.services.lifecycle import delete_application, pause_application
from events.models import Action, AuditEvent
from kernel.actor import SYSTEM
from kernel.errors import Forbidden
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.applications.registering import register
from tests.oauth.calling import DEVICE, DEVICE_GRANT, TOKEN, Caller, error_of
from tests.oauth.granting import actor_of, families
from tests.rest.tokens import payload


def start(caller: Caller, scope: str = "read:pets") -> dict[str, Any]:
    response = caller.post(DEVICE, {"scope": scope})
    assert response.status_code == 200, response.content
    found: dict[str, Any] = response.json()
    return found


def poll(caller: Caller, device_code: str) -> Any:
    return caller.post(TOKEN, {"grant_type": DEVICE_GRANT, "device_code": device_code})


def answer(started: dict[str, Any], user: User, *, is_allowed: bool = True, scopes: tuple[str, ...] = ()) -> None:
    device = find_open_device(started["user_code"])
    assert device is not None
    with tenant_scope(device.tenant_id):
        answer_device_authorization(
            device=device,
            user=user,
            is_allowed=is_allowed,
            scopes=scopes or device.scopes,
            actor=actor_of(user),
        )


def test_a_device_gets_exactly_the_members_of_the_contract(screen: Caller) -> None:
    response = screen.post(DEVICE, {"scope": "read:pets"})
    started = response.json()
    assert started.keys() == {
        "device_code",
        "user_code",
        "verification_uri",
        "verification_uri_complete",
        "expires_in",
        "interval",
    }
    assert re.fullmatch(r"[BCDFGHJKLMNPQRSTVWXZ]{4}-[BCDFGHJKLMNPQRSTVWXZ]{4}", started["user_code"])
    assert started["verification_uri"] == "http://testserver/oauth/device"
    assert started["verification_uri_complete"] == f"http://testserver/oauth/device?user_code={started['user_code']}"
    assert (started["expires_in"], started["interval"]) == (600, 5)
    assert (response["Cache-Control"], response["Pragma"]) == ("no-store", "no-cache")


def test_once_its_user_has_allowed_it_a_device_gets_tokens_once(screen: Caller, alice: User) -> None:
    started = start(screen)
    assert error_of(poll(screen, started["device_code"])) == "authorization_pending"
    answer(started, alice)
    tokens = poll(screen, started["device_code"]).json()
    assert tokens.keys() == {"access_token", "token_type", "expires_in", "refresh_token", "scope"}
    assert tokens["scope"] == "read:pets"
    assert payload(tokens["access_token"])["sub"] == str(alice.id)
    assert error_of(poll(screen, started["device_code"])) == "invalid_grant"
    assert screen.refresh(tokens["refresh_token"]).status_code == 200
    assert families() == 1


def test_allowing_records_the_consent_and_the_journal_says_so(screen: Caller, alice: User) -> None:
    answer(start(screen), alice)
    with tenant_scope(alice.tenant_id):
        assert Consent.objects.get().scopes == ["read:pets"]
        event = AuditEvent.objects.get(action=Action.CONSENT_GRANTED)
    assert (event.entity_id, event.actor_id) == (screen.application.id, alice.id)


def test_a_denial_is_told_for_good(screen: Caller, alice: User) -> None:
    started = start(screen)
    answer(started, alice, is_allowed=False)
    assert [error_of(poll(screen, started["device_code"])) for _ in range(2)] == ["access_denied"] * 2
    with tenant_scope(alice.tenant_id):
        assert not Consent.objects.exists()
    assert families() == 0


def test_whoever_asks_too_early_has_to_wait_five_seconds_longer_each_time(
    screen: Caller, pass_seconds: Callable[[int], None]
) -> None:
    code = start(screen)["device_code"]
    pass_seconds(0)
    assert error_of(poll(screen, code)) == "authorization_pending"
    pass_seconds(4)
    assert error_of(poll(screen, code)) == "slow_down"
    pass_seconds(9)
    assert error_of(poll(screen, code)) == "slow_down"
    pass_seconds(15)
    assert error_of(poll(screen, code)) == "authorization_pending"
    with tenant_scope(screen.application.tenant_id):
        assert DeviceAuthorization.objects.get().interval == 15


def test_a_device_that_never_slows_down_does_not_overflow_its_interval(screen: Caller) -> None:
    code = start(screen)["device_code"]
    with tenant_scope(screen.application.tenant_id):
        DeviceAuthorization.objects.update(interval=LONGEST_INTERVAL)
    poll(screen, code)
    assert error_of(poll(screen, code)) == "slow_down"
    with tenant_scope(screen.application.tenant_id):
        assert DeviceAuthorization.objects.get().interval == LONGEST_INTERVAL


def test_ten_minutes_later_the_code_has_expired(
    screen: Caller, alice: User, pass_seconds: Callable[[int], None]
) -> None:
    waiting, allowed = start(screen), start(screen)
    answer(allowed, alice)
    pass_seconds(600)
    assert find_open_device(waiting["user_code"]) is None
    for started in (waiting, allowed):
        assert error_of(poll(screen, started["device_code"])) == "expired_token"
    assert families() == 0


def test_a_user_code_is_found_however_it_is_typed(screen: Caller) -> None:
    code = start(screen)["user_code"]
    for typed in (code, code.lower(), code.replace("-", ""), f" {code[:2]} {code[2:]} "):
        found = find_open_device(typed)
        assert found is not None
        assert found.application == screen.application


@pytest.mark.parametrize("typed", ["", "BCDF", "AAAA-AAAA", "BCDF-GHJK-BCDF", "BCDF\0GHJ", "ﬀﬀﬀﬀ-ﬀﬀﬀﬀ", "ßßßß-ßßßß"])
def test_what_is_no_user_code_finds_nothing(screen: Caller, typed: str) -> None:
    start(screen)
    assert find_open_device(typed) is None


def test_two_users_cannot_answer_one_request(screen: Caller, alice: User, bob: User) -> None:
    started = start(screen)
    device = find_open_device(started["user_code"])
    assert device is not None
    answer(started, alice, is_allowed=False)
    with tenant_scope(device.tenant_id), pytest.raises(DeviceAnswered):
        answer_device_authorization(device=device, user=bob, is_allowed=True, scopes=device.scopes, actor=actor_of(bob))
    assert find_open_device(started["user_code"]) is None
    assert error_of(poll(screen, started["device_code"])) == "access_denied"
    with tenant_scope(device.tenant_id):
        assert not Consent.objects.exists()


def test_nobody_answers_for_somebody_else(screen: Caller, alice: User, bob: User) -> None:
    started = start(screen)
    device = find_open_device(started["user_code"])
    assert device is not None
    with tenant_scope(device.tenant_id), pytest.raises(Forbidden):
        answer_device_authorization(
            device=device, user=bob, is_allowed=True, scopes=device.scopes, actor=actor_of(alice)
        )
    assert error_of(poll(screen, started["device_code"])) == "authorization_pending"


def test_a_user_may_allow_less_and_never_more_than_the_device_asks_for(acme: Tenant, alice: User) -> None:
    caller = Caller.of(register(acme, is_public=True, is_device=True, scopes=["read:pets", "read:orders"]))
    narrow, wide = start(caller, "read:pets read:orders"), start(caller, "read:pets")
    answer(narrow, alice, scopes=("read:pets",))
    answer(wide, alice, scopes=("read:pets", "read:orders"))
    assert poll(caller, narrow["device_code"]).json()["scope"] == "read:pets"
    assert poll(caller, wide["device_code"]).json()["scope"] == "read:pets"


def test_a_customer_cannot_allow_what_only_staff_may(acme: Tenant, alice: User) -> None:
    caller = Caller.of(register(acme, is_public=True, is_device=True, scopes=["write:pets"]))
    started = start(caller, "write:pets")
    with pytest.raises(InvalidGrantScope):
        answer(started, alice)
    assert error_of(poll(caller, started["device_code"])) == "authorization_pending"


@pytest.mark.parametrize("scope", ["", "openid", "write:pets", "read:pets write:pets"])
def test_a_scope_that_is_missing_or_not_the_application_s_is_refused(screen: Caller, scope: str) -> None:
    assert error_of(screen.post(DEVICE, {"scope": scope})) == "invalid_scope"
    with tenant_scope(screen.application.tenant_id):
        assert not DeviceAuthorization.objects.exists()


def test_an_application_that_is_not_for_devices_is_refused(mobile: Caller) -> None:
    assert error_of(mobile.post(DEVICE, {"scope": "read:orders"})) == "unauthorized_client"
    with tenant_scope(mobile.application.tenant_id):
        assert not DeviceAuthorization.objects.exists()


def test_a_confidential_device_authenticates_at_both_endpoints(acme: Tenant, alice: User) -> None:
    caller = Caller.of(register(acme, is_device=True))
    impostor = Caller(caller.application, None)
    assert error_of(impostor.post(DEVICE, {"scope": "read:pets"})) == "invalid_client"
    started = start(caller)
    answer(started, alice)
    assert error_of(poll(impostor, started["device_code"])) == "invalid_client"
    assert poll(caller, started["device_code"]).status_code == 200


def test_another_application_gets_nothing_for_a_device_code(screen: Caller, acme: Tenant, alice: User) -> None:
    twin = Caller.of(register(acme, name="Twin", is_public=True, is_device=True, scopes=["read:pets"]))
    started = start(screen)
    answer(started, alice)
    assert error_of(poll(twin, started["device_code"])) == "invalid_grant"
    assert poll(screen, started["device_code"]).status_code == 200


def test_an_unknown_device_code_and_none_are_refused(screen: Caller) -> None:
    assert error_of(poll(screen, "never-issued")) == "invalid_grant"
    assert error_of(poll(screen, "")) == "invalid_request"


def test_a_new_password_ends_what_was_allowed(screen: Caller, alice: User) -> None:
    started = start(screen)
    answer(started, alice)
    with tenant_scope(alice.tenant_id):
        User.objects.filter(pk=alice.pk).update(token_version=alice.token_version + 1)
    assert error_of(poll(screen, started["device_code"])) == "invalid_grant"
    assert families() == 0


def test_the_request_of_a_paused_application_waits_for_nobody(screen: Caller, mobile: Caller, alice: User) -> None:
    started = start(screen)
    answer(started, alice)
    waiting = start(screen)
    with tenant_scope(alice.tenant_id):
        pause_application(application_id=screen.application.id, actor=SYSTEM)
    assert find_open_device(waiting["user_code"]) is None
    assert error_of(poll(screen, started["device_code"])) == "invalid_client"
    with tenant_scope(alice.tenant_id):
        delete_application(application_id=screen.application.id, actor=SYSTEM)
    assert error_of(poll(screen, started["device_code"])) == "invalid_client"

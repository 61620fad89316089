"""Calls that fail count against the address's quota; those that succeed are free (contract, Rate limits)."""

from collections.abc import Iterator

import pytest
from django.test import Client
from pytest_django import Settings

from accounts.models import User
from ratelimit.services import forget_local_leases
from tests.oauth.calling import DEVICE, DEVICE_GRANT, INTROSPECT, REVOKE, TOKEN, Caller, post
from tests.oauth.granting import allow

EPOCH = 10**9


@pytest.fixture(autouse=True)
def three_failures(settings: Settings) -> Iterator[None]:
    settings.RATE_LIMIT = (3, EPOCH)
    forget_local_leases()
    yield
    forget_local_leases()


@pytest.mark.parametrize("path", [TOKEN, INTROSPECT, REVOKE, DEVICE])
def test_past_three_failures_an_address_has_to_wait(probe: Caller, path: str) -> None:
    form = {"grant_type": "refresh_token", "refresh_token": "x", "token": "x"}
    answers = [post(path, form) for _ in range(4)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 429]
    assert [int(answer["RateLimit-Remaining"]) for answer in answers] == [2, 1, 0, 0]
    assert 1 <= int(answers[-1]["Retry-After"]) <= EPOCH
    assert answers[-1].json()["error"] == "temporarily_unavailable"
    assert answers[-1]["Cache-Control"] == "no-store"
    assert post(path, form, REMOTE_ADDR="198.51.100.7").status_code == 401


def test_the_bucket_is_that_of_rest(probe: Caller) -> None:
    for _ in range(3):
        post(TOKEN, {"grant_type": "refresh_token", "refresh_token": "x"})
    assert Client(SERVER_NAME="testserver").get("/v1/pets").status_code == 429


def test_exchanges_refreshes_introspection_and_revocation_that_succeed_are_free(probe: Caller, alice: User) -> None:
    for _ in range(3):
        tokens = probe.exchange(allow(probe.application, alice).form)
        fresh = probe.refresh(tokens["refresh_token"])
        assert fresh.status_code == 200
        assert probe.post(INTROSPECT, {"token": fresh.json()["access_token"]}).json()["active"]
        assert probe.post(INTROSPECT, {"token": "x"}).status_code == 200
        assert probe.post(REVOKE, {"token": fresh.json()["refresh_token"]}).status_code == 200
    assert int(Client(SERVER_NAME="testserver").get("/v1/pets")["RateLimit-Remaining"]) == 2


def test_a_device_that_asks_in_time_waits_for_free_and_one_that_does_not_pays(screen: Caller) -> None:
    started = screen.post(DEVICE, {"scope": "read:pets"})
    assert int(started["RateLimit-Remaining"]) == 2
    form = {"grant_type": DEVICE_GRANT, "device_code": started.json()["device_code"]}
    assert [int(screen.post(TOKEN, form)["RateLimit-Remaining"]) for _ in range(3)] == [2, 1, 0]
    assert screen.post(TOKEN, form).status_code == 429


def test_without_a_limit_nothing_is_counted(probe: Caller, settings: Settings) -> None:
    settings.RATE_LIMIT = None
    answers = [post(TOKEN, {"grant_type": "refresh_token"}) for _ in range(5)]
    assert {answer.status_code for answer in answers} == {400}
    assert not any("RateLimit-Remaining" in answer for answer in answers)

"""A new password over REST: with the present one, and for oneself only (contract, Authentication; guarantees, G21)."""

from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from ratelimit import services
from tenants.models import Tenant
from tests.client import Client
from tests.factories import PASSWORD
from tests.snapshots import snapshot

NEW = "a wholly new phrase"
BOTH = {"password": NEW, "currentPassword": PASSWORD}
EPOCH = 10**9


def replaced(client: Client, user: User, **words: str) -> Any:
    """The answer to a replacement of the user with these words in it."""
    person = {"firstName": "Mallory", "lastName": "Mills", "email": "mallory@example.com"}
    return client.put(f"/v1/users/{user.pk}", person | words)


def faults(answer: Any) -> dict[str, str]:
    return {fault["field"]: fault["code"] for fault in answer.json()["errors"]}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ({"password": NEW}, "required"),
        ({"password": NEW, "currentPassword": "guessed it"}, "wrong_password"),
        ({"password": PASSWORD}, "required"),
        ({"password": PASSWORD, "currentPassword": "guessed it"}, "wrong_password"),
    ],
)
def test_without_the_present_one_nothing_changes(api: Client, alice: User, words: dict[str, str], code: str) -> None:
    alices = api.as_(alice)
    before = snapshot()
    answer = replaced(alices, alice, **words)
    assert (answer.status_code, faults(answer)) == (400, {"currentPassword": code})
    assert answer.json()["type"].endswith("/validation-error")
    assert snapshot() == before


@pytest.mark.parametrize("words", [{"password": NEW}, BOTH])
def test_an_admin_sets_nobody_elses(api: Client, root: User, acme: Tenant, alice: User, sam: User, words: Any) -> None:
    roots = api.as_(root, at=acme)
    before = snapshot()
    assert [replaced(roots, user, **words).status_code for user in (alice, sam)] == [403, 403]
    assert snapshot() == before


def test_an_admin_still_corrects_a_profile(api: Client, root: User, acme: Tenant, alice: User) -> None:
    assert replaced(api.as_(root, at=acme), alice).json()["firstName"] == "Mallory"


def test_wrong_ones_count_with_the_log_ins(api: Client, alice: User, settings: Settings) -> None:
    settings.LOGIN_RATE_LIMIT = (2, EPOCH)
    services.forget_local_leases()
    alices = api.as_(alice)
    statuses = [replaced(alices, alice, **BOTH | {"currentPassword": "guessed it"}).status_code for _ in range(3)]
    assert statuses == [400, 400, 429]
    answer = replaced(alices, alice, **BOTH)
    assert (answer.status_code, answer.json()["type"][-19:]) == (429, "rate-limit-exceeded")
    assert 1 <= int(answer["Retry-After"]) <= EPOCH
    assert api.at(alice.tenant).post("/v1/auth/tokens", {"username": "alice", "password": PASSWORD}).status_code == 429

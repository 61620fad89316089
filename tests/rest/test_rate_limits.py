"""The rate limit of every answer under /v1 (contract, Rate limits; guarantees, G15)."""

import time
from collections.abc import Iterator
from datetime import timedelta
from ipaddress import ip_network
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from kernel import clock, ids
from orders.models import Order
from pets.models import Pet
from ratelimit import services
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.minting import tokens_for
from tests.rest.tokens import log_in, signed

EPOCH = 10**9
"""A window that does not end while a test runs, in seconds."""

HEADERS = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")


@pytest.fixture(autouse=True)
def three_requests(settings: Settings) -> Iterator[None]:
    settings.RATE_LIMIT = (3, EPOCH)
    services.forget_local_leases()
    yield
    services.forget_local_leases()


def _statuses(client: Client, number: int = 4, **headers: Any) -> list[int]:
    return [client.get("/v1/pets", **headers).status_code for _ in range(number)]


def open_login_of(user: User) -> str:
    with tenant_scope(user.tenant_id):
        return tokens_for(user).token


def _told(answer: Any) -> list[int]:
    return [int(answer[name]) for name in HEADERS]


def test_past_the_quota_an_address_gets_429_with_retry_after(api: Client, pool: Tenant) -> None:
    assert _statuses(api) == [200, 200, 200, 429]
    answer = api.get("/v1/pets")
    assert answer.json()["type"] == "https://petstoreapi.com/errors/rate-limit-exceeded"
    assert answer["Content-Type"] == "application/problem+json"
    assert 1 <= int(answer["Retry-After"]) <= EPOCH


def test_every_answer_counts_down(api: Client, pool: Tenant) -> None:
    told = [_told(api.get("/v1/pets")) for _ in range(4)]
    assert [(limit, remaining) for limit, remaining, _reset in told] == [(3, 2), (3, 1), (3, 0), (3, 0)]
    assert {reset for _limit, _remaining, reset in told} == {(int(time.time()) // EPOCH + 1) * EPOCH}


@pytest.mark.parametrize(
    ("method", "path", "headers", "status"),
    [
        ("get", "/v1/nowhere", {}, 404),
        ("get", "/v1", {}, 404),
        ("get", "/v1/orders", {}, 401),
        ("get", "/v1/pets", {"HTTP_AUTHORIZATION": "Bearer x"}, 401),
        ("get", "/v1/pets", {"HTTP_X_TENANT_ID": "x"}, 400),
        ("get", "/v1/pets", {"HTTP_HOST": "evil.example"}, 400),
        ("get", "/v1/pets", {"HTTP_ACCEPT": "text/csv"}, 406),
        ("delete", "/v1/pets", {}, 405),
        ("options", "/v1/pets", {}, 204),
        ("head", "/v1/pets", {}, 200),
        ("post", "/v1/orders", {"CONTENT_TYPE": "text/plain"}, 415),
    ],
)
def test_every_kind_of_answer_tells_the_quota(
    api: Client, pool: Tenant, method: str, path: str, headers: dict[str, Any], status: int
) -> None:
    answer = api.generic(method.upper(), path, "{}" if method == "post" else "", **headers)
    assert answer.status_code == status
    assert _told(answer)[:2] == [3, 2]


def test_what_is_refused_changes_nothing(api: Client, stray: Pet) -> None:
    _statuses(api, 3)
    assert api.post("/v1/orders", {"petId": str(stray.id)}).status_code == 429
    with tenant_scope(stray.tenant_id):
        assert not Order.objects.exists()


def test_each_person_has_a_quota_of_their_own_however_many_tokens(api: Client, sam: User, gina: User) -> None:
    first, second, other = api.as_(sam), api.as_(sam), api.as_(gina)
    assert [_statuses(first), _statuses(other), _statuses(api)] == [[200, 200, 200, 429]] * 3
    assert _statuses(second, 1) == [429]


def test_a_new_customer_counts_for_their_address_and_an_older_one_for_themselves(
    api: Client, pool: Tenant, alice: User
) -> None:
    token = open_login_of(alice)
    older = signed(token, sub=str(ids.id_born_at(clock.now() - timedelta(hours=1, seconds=1), 1)))
    policies = [
        api.get("/v1/pets", HTTP_AUTHORIZATION=f"Bearer {each}")["RateLimit-Policy"].partition(";")[0]
        for each in (token, older)
    ]
    assert policies == ['"address"', '"token"']


def test_what_is_left_is_told_as_the_draft_has_it_too(api: Client, pool: Tenant) -> None:
    answer = api.get("/v1/pets")
    assert answer["RateLimit-Policy"] == f'"address";q=3;w={EPOCH}'
    reset = int(answer["RateLimit-Reset"])
    assert answer["RateLimit"] in {f'"address";r=2;t={reset - int(time.time()) + late}' for late in range(5)}


def test_what_has_not_changed_is_free(api: Client, stray: Pet) -> None:
    path = f"/v1/pets/{stray.pk}"
    seen = api.get(path)["ETag"]
    told = [api.get(path, HTTP_IF_NONE_MATCH=seen) for _ in range(9)]
    assert {(answer.status_code, answer["RateLimit-Remaining"]) for answer in told} == {(304, "2")}
    assert _statuses(api) == [200, 200, 429, 429]


def test_a_preflight_is_free_and_whatever_else_asks_is_not(api: Client, pool: Tenant) -> None:
    asks: dict[str, Any] = {"HTTP_ORIGIN": "https://shop.example", "HTTP_ACCESS_CONTROL_REQUEST_METHOD": "GET"}
    assert {api.options("/v1/pets", **asks).status_code for _ in range(9)} == {204}
    assert _statuses(api, 1) == [200]
    names_somebody = asks | {"HTTP_AUTHORIZATION": "Bearer x"}
    assert [api.options("/v1/pets", **names_somebody).status_code for _ in range(3)][2] == 429


def test_addresses_of_one_ipv6_network_are_one_and_of_two_are_two(
    api: Client, pool: Tenant, settings: Settings
) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    near = ["2001:db8:0:1::1", "2001:db8:0:1:ffff::", "2001:DB8:0:1::ffff:1", "2001:db8:0:1::2"]
    assert [_statuses(api, 1, HTTP_X_FORWARDED_FOR=one)[0] for one in near] == [200, 200, 200, 429]
    assert _statuses(api, 1, HTTP_X_FORWARDED_FOR="2001:db8:0:2::1") == [200]


def test_made_up_tokens_buy_no_quota(api: Client, pool: Tenant) -> None:
    statuses = [api.get("/v1/pets", HTTP_AUTHORIZATION=f"Bearer {ids.new_id()}").status_code for _ in range(4)]
    assert statuses == [401, 401, 401, 429]


def test_a_tenant_header_buys_no_quota(api: Client, pool: Tenant) -> None:
    statuses = [api.get("/v1/pets", HTTP_X_TENANT_ID=str(ids.new_id())).status_code for _ in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_logging_in_has_a_quota_of_its_own_per_address(api: Client, alice: User, settings: Settings) -> None:
    settings.LOGIN_RATE_LIMIT = (2, EPOCH)
    door = api.at(alice.tenant)
    assert [log_in(door, "alice", "wrong").status_code for _ in range(3)] == [401, 401, 429]
    assert log_in(api.as_(alice)).status_code == 429
    assert _told(log_in(door))[:2] == [2, 0]
    assert _statuses(api, 1) == [200]


def test_a_setting_turns_the_limit_off(api: Client, pool: Tenant, settings: Settings) -> None:
    settings.RATE_LIMIT = None
    assert _statuses(api) == [200] * 4
    assert not [name for name in HEADERS if name in api.get("/v1/pets")]


def test_x_forwarded_for_counts_for_nothing_without_a_trusted_proxy(api: Client, pool: Tenant) -> None:
    statuses = [api.get("/v1/pets", HTTP_X_FORWARDED_FOR=f"203.0.113.{n}").status_code for n in range(4)]
    assert statuses == [200, 200, 200, 429]


def test_behind_a_trusted_proxy_each_address_has_its_quota(api: Client, pool: Tenant, settings: Settings) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]
    one, other = "203.0.113.1", "2001:db8::1"
    assert _statuses(api, HTTP_X_FORWARDED_FOR=one) == [200, 200, 200, 429]
    assert _statuses(api, HTTP_X_FORWARDED_FOR=f"{other}, 10.1.2.3") == [200, 200, 200, 429]


@pytest.mark.parametrize("claimed", ["198.51.100.{}, ", "rubbish{}, ", "10.0.0.{}, ", "198.51.100.{},127.0.0.1, "])
def test_what_a_caller_adds_to_x_forwarded_for_counts_for_nothing(
    api: Client, pool: Tenant, settings: Settings, claimed: str
) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    headers = [claimed.format(number) + "203.0.113.1" for number in range(4)]
    assert [api.get("/v1/pets", HTTP_X_FORWARDED_FOR=h).status_code for h in headers] == [200, 200, 200, 429]


@pytest.mark.parametrize("spelling", ["203.0.113.1", "::ffff:203.0.113.1", "::FFFF:CB00:7101", " 203.0.113.1 "])
def test_one_address_has_one_quota_however_it_is_spelled(
    api: Client, pool: Tenant, settings: Settings, spelling: str
) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    assert _statuses(api, 3, HTTP_X_FORWARDED_FOR="203.0.113.1") == [200, 200, 200]
    assert _statuses(api, 1, HTTP_X_FORWARDED_FOR=spelling) == [429]

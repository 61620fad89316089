"""Renewing, signing up and many tokens buy no quota, and many addresses guess no password (guarantees, G20)."""

from collections import Counter
from collections.abc import Callable, Iterator
from ipaddress import ip_network
from typing import Any

import pytest
from django.conf import settings
from django.db.models import F
from django.http import HttpRequest
from django.urls import reverse
from pytest_django import Settings

from accounts.models import User
from kernel.access import CountedBy
from petstore.interfaces.calls import CountedCall, read_token_claims
from petstore.interfaces.entry import middleware
from petstore.interfaces.http.callers import credentials_of_request
from ratelimit import services
from ratelimit.models import RateWindow
from tenants.models import Tenant
from tests.client import Client
from tests.factories import PASSWORD
from tests.processes import Process
from tests.rest.tokens import Answer, log_in, refresh

EPOCH = 10**9
"""A window that does not end while a test runs, in seconds."""
LIMIT, TRIES = 20, 400

Attack = Callable[[], Iterator[Answer]]
"""Yields what it got for its requests but those by which it made tokens."""


@pytest.fixture(autouse=True)
def twenty_a_minute(settings: Settings) -> Iterator[None]:
    settings.RATE_LIMIT = (LIMIT, EPOCH)
    services.forget_local_leases()
    yield
    services.forget_local_leases()


@pytest.fixture
def by_token(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every token has a quota of its own, and what makes tokens is not counted: the harm."""

    def counted(request: HttpRequest) -> CountedCall | None:
        claims = read_token_claims(credentials_of_request(request))
        if claims is None:
            return None
        caller, quota = f"token {claims.jti}", (LIMIT, EPOCH)
        return CountedCall(CountedBy.TOKEN, caller, quota, services.consume_quota(caller, quota))

    monkeypatch.setattr(middleware, "count_request", counted)


def reading(token: str) -> Answer:
    return Client().get("/v1/pets", HTTP_AUTHORIZATION=f"Bearer {token}")


def granted(attack: Iterator[Answer]) -> int:
    return Counter(answer.status_code for answer in attack)[200]


@pytest.fixture
def renewing(root: User) -> Attack:
    """Renews before every request."""

    def attack() -> Iterator[Answer]:
        pair = log_in(Client(), root.username).json()
        for _ in range(TRIES // 2):
            answer = refresh(Client(), pair["refreshToken"])
            pair = answer.json() if answer.status_code == 200 else pair
            yield reading(pair["token"])

    return attack


@pytest.fixture
def signing_up(pool: Tenant) -> Attack:
    """Opens an account for every request."""

    def attack() -> Iterator[Answer]:
        token = "none yet"  # noqa: S105  # no token at all
        for number in range(TRIES // 2):
            name = f"sock{number}"
            person = {"username": name, "firstName": "Sock", "lastName": "Puppet", "email": f"{name}@example.com"}
            answer = Client().post("/v1/users", person | {"password": PASSWORD})
            token = answer.json()["token"] if answer.status_code == 201 else token
            yield reading(token)

    return attack


@pytest.fixture
def many_tokens(root: User) -> Attack:
    """Logs in twenty times and takes turns."""

    def attack() -> Iterator[Answer]:
        tokens = [log_in(Client(), root.username).json()["token"] for _ in range(LIMIT)]
        for number in range(TRIES):
            yield reading(tokens[number % LIMIT])

    return attack


Elsewhere = Callable[[int], dict[str, Any]]
ATTACKS = pytest.mark.parametrize("attack", ["renewing", "signing_up", "many_tokens"])


@ATTACKS
def test_nothing_buys_a_second_quota(attack: str, request: pytest.FixtureRequest) -> None:
    assert 1 <= granted(request.getfixturevalue(attack)()) <= LIMIT


@ATTACKS
@pytest.mark.usefixtures("by_token")
def test_a_quota_of_each_token_grants_everything(attack: str, request: pytest.FixtureRequest) -> None:
    assert granted(request.getfixturevalue(attack)()) >= TRIES // 2


def renew_and_read(username: str, number: int) -> None:
    """Print how many of so many requests were granted, each with a renewed token; in a process of its own."""
    settings.ALLOWED_HOSTS, settings.RATE_LIMIT = ["testserver"], (LIMIT, EPOCH)  # they end with this process
    pair = log_in(Client(), username).json()
    statuses = []
    for _ in range(number):
        answer = refresh(Client(), pair["refreshToken"])
        pair = answer.json() if answer.status_code == 200 else pair
        statuses.append(reading(pair["token"]).status_code)
    print(statuses.count(200))  # noqa: T201  # that is its answer


@pytest.mark.django_db(transaction=True)
def test_two_processes_have_one_quota_for_one_person(root: User) -> None:
    processes = [Process(renew_and_read, root.username, LIMIT) for _ in range(2)]
    assert sum(int(process.rest()) for process in processes) == LIMIT


@pytest.fixture
def elsewhere(settings: Settings) -> Elsewhere:
    """The headers of a caller from an address of their own."""
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    settings.LOGIN_RATE_LIMIT = (3, EPOCH)
    return lambda number: {"HTTP_X_FORWARDED_FOR": f"203.0.113.{number}"}


def tries(username: str, password: str, at: Tenant | None = None, **headers: Any) -> int:
    door = Client().at(at) if at else Client()
    body = {"username": username, "password": password}
    return int(door.post("/v1/auth/tokens", body, **headers).status_code)


def test_many_addresses_do_not_guess_one_password(alice: User, bob: User, elsewhere: Elsewhere) -> None:
    wrong = [tries("alice", "guess", alice.tenant, **elsewhere(number)) for number in range(5)]
    assert wrong == [401, 401, 401, 429, 429]
    assert tries("ALICE", PASSWORD, alice.tenant, **elsewhere(6)) == 429
    assert tries("bob", PASSWORD, bob.tenant, **elsewhere(7)) == 200


def test_without_a_quota_of_names_they_do(alice: User, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("petstore.interfaces.http.login_throttle.count_name_attempt", lambda _peer, _username: None)
    assert [tries("alice", "guess", alice.tenant, **elsewhere(number)) for number in range(9)] == [401] * 9
    assert tries("alice", PASSWORD, alice.tenant, **elsewhere(9)) == 200


def test_an_unknown_name_is_counted_like_a_known_one(acme: Tenant, elsewhere: Elsewhere) -> None:
    wrong = [tries("nobody", "guess", acme, **elsewhere(number)) for number in range(4)]
    assert wrong == [401, 401, 401, 429]


def test_an_admins_password_is_not_guessed_in_many_tenants_or_on_many_pages(
    root: User, acme: Tenant, globex: Tenant, elsewhere: Elsewhere
) -> None:
    assert [tries("root", "guess", at, **elsewhere(n)) for n, at in enumerate((acme, globex))] == [401, 401]
    page = {"username": "root", "password": "guess"}
    login = reverse("admin:login")
    assert Client().post(login, page, format="multipart", **elsewhere(3)).status_code == 200
    assert Client().post(login, page, format="multipart", **elsewhere(4)).status_code == 429
    assert tries("root", PASSWORD, **elsewhere(5)) == 429


def test_strangers_shut_nobody_out_where_they_are_known(alice: User, elsewhere: Elsewhere) -> None:
    assert tries("alice", PASSWORD, alice.tenant, **elsewhere(1)) == 200
    assert [tries("alice", "guess", alice.tenant, **elsewhere(n)) for n in range(10, 14)] == [401, 401, 401, 429]
    assert [tries("alice", PASSWORD, alice.tenant, **elsewhere(n)) for n in (2, 1)] == [429, 200]


def test_a_stranger_in_a_known_network_has_the_quota_of_the_address(alice: User, elsewhere: Elsewhere) -> None:
    assert tries("alice", PASSWORD, alice.tenant, **elsewhere(1)) == 200
    [tries("alice", "guess", alice.tenant, **elsewhere(number)) for number in range(10, 14)]
    assert [tries("alice", "guess", alice.tenant, **elsewhere(1)) for _ in range(3)] == [401, 401, 429]


def test_a_network_is_known_for_one_name_and_a_while(alice: User, bob: User, elsewhere: Elsewhere) -> None:
    assert tries("bob", PASSWORD, bob.tenant, **elsewhere(1)) == 200
    assert tries("alice", PASSWORD, alice.tenant, **elsewhere(2)) == 200
    RateWindow.objects.filter(caller__startswith="known ").update(window=F("window") - 30 * 86_400)
    assert [tries("alice", "guess", alice.tenant, **elsewhere(n)) for n in range(10, 14)][-1] == 429
    assert [tries("alice", PASSWORD, alice.tenant, **elsewhere(n)) for n in (1, 2)] == [429, 429]


def test_no_other_spelling_of_a_name_is_another_name(root: User, elsewhere: Elsewhere) -> None:
    spellings = ["root", " root", "ROOT\t", "\uff52oot", "root"]
    pages = [
        Client().post(
            reverse("admin:login"), {"username": name, "password": "guess"}, format="multipart", **elsewhere(n)
        )
        for n, name in enumerate(spellings)
    ]
    assert [page.status_code for page in pages] == [200, 200, 200, 429, 429]


def test_right_passwords_count_for_no_name(alice: User, elsewhere: Elsewhere) -> None:
    assert [tries("alice", PASSWORD, alice.tenant, **elsewhere(number)) for number in range(9)] == [200] * 9
    assert tries("alice", "guess", alice.tenant, **elsewhere(9)) == 401


def test_a_token_works_on_while_strangers_guess(alice: User, api: Client, elsewhere: Elsewhere) -> None:
    alices = api.as_(alice)
    assert [tries("alice", "guess", alice.tenant, **elsewhere(number)) for number in range(4)][-1] == 429
    assert alices.get(f"/v1/users/{alice.pk}").status_code == 200

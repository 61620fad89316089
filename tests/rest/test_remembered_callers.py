"""What a process remembers of tenants and customers is true in each request that it is used in (guarantees, G12)."""

import cProfile
import pstats
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection, connections

from accounts import entrances
from accounts.models import User
from accounts.queries import Principal
from accounts.services.registration import change_user_status, close_account
from accounts.services.sessions import revoke_login_session
from accounts.services.tenants import change_tenant
from kernel.actor import SYSTEM
from kernel.caller import Credentials, Peer
from orders.models import Order
from orders.queries import get_order
from petstore.interfaces.calls import admit_caller, find_remembered_entrance, open_remembered_entrance
from petstore.interfaces.http.tokens import read_access_token
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory, acting
from tests.minting import tokens_for

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has no triggers that count the changes"),
]
PEER = Peer("203.0.113.7", "call-1")
READERS, SECONDS = 3, 0.3


@pytest.fixture(autouse=True)
def _as_if_new() -> Iterator[None]:
    """Nothing is remembered, and there is a connection, as in a process that has just begun."""
    connection.ensure_connection()
    entrances._forget_all_entrances()  # noqa: SLF001  # what a new connection does
    yield
    entrances._forget_all_entrances()  # noqa: SLF001


@pytest.fixture
def order(acme: Tenant, alice: User) -> Order:
    return OrderFactory.create(tenant=acme, customer=alice)


@pytest.fixture
def token(acme: Tenant, alice: User) -> str:
    with tenant_scope(acme.id):
        return tokens_for(alice).token


def read_status(tenant: Tenant | None, token: str | None, path: str) -> int:
    headers: dict[str, Any] = {} if tenant is None else {"HTTP_X_TENANT_ID": str(tenant.id)}
    if token is not None:
        headers["HTTP_AUTHORIZATION"] = f"Bearer {token}"
    return int(Client().get(f"/v1/{path}", **headers).status_code)


def count_round_trips(call: Callable[[], Any]) -> int:
    """The statements of a call; counting them by Django's means would send them another way."""
    profile = cProfile.Profile()
    profile.runcall(call)
    stats: Any = pstats.Stats(profile)
    names = {("libpq.py", "run_statement"), ("cursor.py", "execute")}
    return sum(calls[1] for (path, _, name), calls in stats.stats.items() if (path.rpartition("/")[2], name) in names)


def test_a_customers_second_read_costs_one_round_trip(acme: Tenant, token: str, order: Order) -> None:
    first, second = (count_round_trips(lambda: read_status(acme, token, f"orders/{order.id}")) for _ in range(2))
    assert (first, second) == (2, 1)


def test_a_write_and_staff_are_looked_at_anew(acme: Tenant, sam: User, token: str, order: Order) -> None:
    with tenant_scope(acme.id):
        staffs = tokens_for(sam).token
    assert read_status(acme, staffs, f"orders/{order.id}") == 200  # by a connection for every tenant, which is made
    assert count_round_trips(lambda: read_status(acme, staffs, f"orders/{order.id}")) == 2
    assert read_status(acme, token, f"orders/{order.id}") == 200
    client = Client().at(acme)
    refused: Callable[[], Any] = lambda: client.post("/v1/orders", {}, HTTP_AUTHORIZATION=f"Bearer {token}")  # noqa: E731
    assert count_round_trips(refused) == 1


def suspend(alice: User, sam: User, token: str) -> None:
    with tenant_scope(alice.tenant_id):
        change_user_status(user_id=alice.id, status="SUSPENDED", actor=acting(sam))


def close(alice: User, sam: User, token: str) -> None:
    with tenant_scope(alice.tenant_id):
        close_account(user_id=alice.id, actor=acting(alice))


def log_out(alice: User, sam: User, token: str) -> None:
    with tenant_scope(alice.tenant_id):
        revoke_login_session(claims=read_access_token(token))


def change_password(alice: User, sam: User, token: str) -> None:
    with tenant_scope(alice.tenant_id):
        User.objects.filter(pk=alice.pk).update(token_version=alice.token_version + 1)


ENDS = [suspend, close, log_out, change_password]


@pytest.mark.parametrize("path", ["orders/{}", "orders/{}/history", "models", "openapi.json"])
@pytest.mark.parametrize("end", ENDS)
def test_a_token_that_has_ended_is_refused_at_once(
    acme: Tenant, alice: User, sam: User, token: str, order: Order, end: Callable[..., None], path: str
) -> None:
    path = path.format(order.id)
    assert [read_status(acme, token, path) for _ in range(2)] == [200, 200]
    end(alice, sam, token)
    expected = 200 if path == "openapi.json" and read_status(acme, "a.b.c", path) == 200 else 401
    assert [read_status(acme, token, path) for _ in range(2)] == [expected, expected]


def test_a_tenant_that_is_suspended_or_closed_to_strangers_is_so_at_once(acme: Tenant, order: Order) -> None:
    opened, hidden, suspended = (Tenant.Access.OPEN, "ACTIVE"), (Tenant.Access.MEMBERS, "ACTIVE"), ("OPEN", "SUSPENDED")
    for (access, status), expected in ((opened, 200), (suspended, 403), (opened, 200), (hidden, 401), (opened, 200)):
        change_tenant(tenant_id=acme.id, actor=SYSTEM, name=acme.name, access=access, status=status)
        assert [read_status(acme, None, "pets") for _ in range(2)] == [expected, expected]


def test_a_tenant_that_did_not_exist_is_not_remembered(db: None) -> None:
    nowhere = Tenant(id=uuid4())
    for _ in range(2):
        assert read_status(nowhere, None, "pets") == 200
        assert entrances.recall_entrance(str(nowhere.id), None) is None


def test_a_change_between_looking_at_the_caller_and_reading_is_noticed(
    acme: Tenant, alice: User, sam: User, token: str, order: Order
) -> None:
    credentials, header = Credentials(token), str(acme.id)
    assert read_status(acme, token, f"orders/{order.id}") == 200
    entrance = find_remembered_entrance(credentials, header)
    assert entrance is not None
    with open_remembered_entrance(entrance, credentials, header) as check:
        suspend(alice, sam, token)
        get_order(order.id, actor=acting(alice))
        pytest.fail("an order was read for somebody who is suspended")
    assert check.has_failed
    assert find_remembered_entrance(credentials, header) is None


def test_without_the_check_somebody_suspended_would_go_on_reading(
    acme: Tenant, alice: User, sam: User, token: str, order: Order
) -> None:
    """The control: what is remembered knows nothing of the suspension."""
    assert read_status(acme, token, f"orders/{order.id}") == 200
    entrance = find_remembered_entrance(Credentials(token), str(acme.id))
    assert entrance is not None
    suspend(alice, sam, token)
    with tenant_scope(acme.id):
        bearer = entrance.authenticate_bearer(read_access_token(token))
        assert isinstance(bearer, Principal)
        actor = admit_caller(bearer, vars(get_order)["access"], entrance.tenant, PEER)
        assert get_order(order.id, actor=actor).id == order.id


def test_no_read_that_begins_after_a_suspension_succeeds(
    acme: Tenant, alice: User, sam: User, token: str, order: Order
) -> None:
    seen: list[tuple[float, int]] = []
    is_over = threading.Event()

    def go_on_reading() -> None:
        while not is_over.is_set():
            begun = time.monotonic()
            seen.append((begun, read_status(acme, token, f"orders/{order.id}")))
        connections.close_all()

    readers = [threading.Thread(target=go_on_reading) for _ in range(READERS)]
    for reader in readers:
        reader.start()
    time.sleep(SECONDS)
    suspend(alice, sam, token)
    suspended = time.monotonic()
    time.sleep(SECONDS)
    is_over.set()
    for reader in readers:
        reader.join()
    assert {status for begun, status in seen if begun < suspended} >= {200}
    assert {status for begun, status in seen if begun > suspended} == {401}

"""A sensitive call wants a log-in that is minutes old (RFC 9470); a renewed token is as old as its log-in."""

from collections.abc import Callable

import pytest
from django.db.models import F

from accounts.models import LoginSession, User
from kernel.actor import PROOF_LIFETIME
from orders.models import Order
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tests.client import Client, naming
from tests.factories import PASSWORD, OrderFactory
from tests.rest.tokens import Answer, log_in, refresh
from tests.snapshots import snapshot
from tests.webhooks.conftest import subscribe_endpoint

CHALLENGE = 'Bearer error="insufficient_user_authentication", max_age="900"'


def let_pass() -> None:
    """As if every log-in were a quarter of an hour older; the clock cannot be turned, the rows can."""
    with all_tenants(reason="the test looks ahead"):
        LoginSession.objects.update(created_at=F("created_at") - PROOF_LIFETIME)


def bearing(tenant: Tenant, token: str) -> Client:
    client = Client()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}", **naming(tenant))
    return client


@pytest.fixture
def order(acme: Tenant) -> Order:
    return OrderFactory.create(tenant=acme)


@pytest.fixture
def calls(acme: Tenant, alice: User, order: Order) -> list[Callable[[Client], Answer]]:
    """Every sensitive call of the API."""
    endpoint = subscribe_endpoint(acme, "https://shop.example/hooks", "order.statusChanged")
    return [
        lambda client: client.post(f"/v1/webhooks/{endpoint.pk}/secret"),
        lambda client: client.post(f"/v1/admin/orders/{order.pk}/cancel", {"reason": "Fraud"}),
        lambda client: client.delete(f"/v1/users/{alice.pk}"),
    ]


def test_an_old_log_in_changes_nothing_and_a_new_one_does(
    acme: Tenant, root: User, calls: list[Callable[[Client], Answer]]
) -> None:
    roots = Client().as_(root, at=acme)
    let_pass()
    before = snapshot()
    for call in calls:
        answer = call(roots)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, CHALLENGE)
    assert snapshot() == before
    roots = Client().as_(root, at=acme)
    assert [call(roots).status_code for call in calls] == [201, 200, 204]


def test_whoever_has_just_signed_up_may_leave_again(pool: Tenant) -> None:
    person = {"username": "nora", "firstName": "Nora", "lastName": "Miller", "email": "nora@example.com"}
    made = Client().post("/v1/users", person | {"password": PASSWORD}).json()
    assert bearing(pool, made["token"]).delete(f"/v1/users/{made['id']}").status_code == 204


def test_a_renewed_token_proves_nothing(acme: Tenant, alice: User) -> None:
    first = log_in(Client().at(acme)).json()
    let_pass()
    renewed = refresh(Client().at(acme), first["refreshToken"]).json()
    before = snapshot()
    answer = bearing(acme, renewed["token"]).delete(f"/v1/users/{alice.pk}")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, CHALLENGE)
    assert snapshot() == before
    again = log_in(Client().at(acme)).json()
    assert bearing(acme, again["token"]).delete(f"/v1/users/{alice.pk}").status_code == 204


def test_an_old_log_in_is_good_for_everything_else(acme: Tenant, sam: User, order: Order) -> None:
    sams = Client().as_(sam)
    let_pass()
    assert sams.get(f"/v1/users/{sam.pk}").status_code == 200
    assert sams.delete(f"/v1/orders/{order.pk}").status_code == 204

"""Which Accept is refused, and when (contract, Browsers)."""

import pytest

from accounts.models import User
from orders.models import Order
from pets.models import Pet
from tests.client import Client
from tests.factories import OrderFactory
from tests.rest import conformance
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot

PROBLEM = "application/problem+json"
NOTHING_WE_MAKE = "image/png"


@pytest.fixture
def order(rex: Pet, bob: User) -> Order:
    order: Order = OrderFactory.create(pet=rex, customer=bob)
    return order


@pytest.mark.parametrize("accept", [PROBLEM, f"{PROBLEM};q=0.5", "application/json; charset=utf-8", "image/png, */*"])
def test_whoever_takes_problems_takes_json(api: Client, stray: Pet, accept: str) -> None:
    order = api.post("/v1/orders", {"petId": str(stray.id)}, HTTP_ACCEPT=accept)
    assert (order.status_code, order["Content-Type"]) == (201, "application/json")
    read = api.get(f"/v1/orders/{order.json()['id']}", HTTP_ACCEPT=accept)
    assert (read.status_code, read["Content-Type"]) == (200, "application/json")
    assert_problem(api.post("/v1/orders", {"petId": str(stray.id)}, HTTP_ACCEPT=accept), 409, "conflict")


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("openapi.json", "application/json"),
        ("openapi.yaml", "application/yaml"),
        ("docs", "text/html; charset=utf-8"),
        ("pets", "application/json"),
        ("orders/{order}/events", "text/event-stream"),
    ],
)
def test_every_resource_answers_whoever_takes_problems_only(
    api: Client, bob: User, order: Order, path: str, media_type: str
) -> None:
    answer = api.as_(bob).get(f"/v1/{path.format(order=order.id)}", HTTP_ACCEPT=PROBLEM)
    assert (answer.status_code, answer["Content-Type"]) == (200, media_type)


@pytest.mark.parametrize("path", ["pets", "orders/{order}", "openapi.json", "docs", "orders/{order}/events"])
def test_a_body_that_is_not_taken_is_406(api: Client, bob: User, order: Order, path: str) -> None:
    assert_problem(
        api.as_(bob).get(f"/v1/{path.format(order=order.id)}", HTTP_ACCEPT=NOTHING_WE_MAKE), 406, "not-acceptable"
    )


def test_an_answer_that_was_not_modified_is_never_406(api: Client, bob: User, order: Order) -> None:
    client, path = api.as_(bob), f"/v1/orders/{order.id}"
    tag = client.get(path)["ETag"]
    assert client.get(path, HTTP_ACCEPT=NOTHING_WE_MAKE, HTTP_IF_NONE_MATCH=tag).status_code == 304
    assert client.get(path, HTTP_ACCEPT=NOTHING_WE_MAKE, HTTP_IF_NONE_MATCH='"v9"').status_code == 406


@pytest.mark.parametrize("method", ["head", "options"])
@pytest.mark.parametrize("path", ["pets", "orders/{order}", "openapi.json", "docs"])
def test_an_answer_to_head_or_options_is_never_406(
    api: Client, bob: User, order: Order, method: str, path: str
) -> None:
    answer = getattr(api.as_(bob), method)(f"/v1/{path.format(order=order.id)}", HTTP_ACCEPT=NOTHING_WE_MAKE)
    assert answer.status_code in (200, 204)


def test_a_cancelled_order_is_204_whatever_accept_says(api: Client, bob: User, order: Order) -> None:
    assert api.as_(bob).delete(f"/v1/orders/{order.id}", HTTP_ACCEPT=NOTHING_WE_MAKE).status_code == 204


def test_a_revoked_token_is_204_whatever_accept_says(api: Client, db: None) -> None:
    answer = api.post("/v1/auth/tokens/revoke", {"token": "guess"}, HTTP_ACCEPT=NOTHING_WE_MAKE)
    assert answer.status_code == 204


def test_a_refused_accept_changes_nothing(api: Client, stray: Pet) -> None:
    before = snapshot()
    answer = api.post("/v1/orders", {"petId": str(stray.id)}, HTTP_ACCEPT=NOTHING_WE_MAKE)
    assert_problem(answer, 406, "not-acceptable")
    assert snapshot() == before


def test_every_operation_that_answers_without_a_body_is_known() -> None:
    """What the documentation says of DELETE and of revoking holds: no success of theirs has a body."""
    operations = conformance.operations()
    silent = {key for key, operation in operations.items() if "204" in operation["responses"]}
    assert silent - {("GET", "/orders/{}/events")} == {key for key in operations if key[0] == "DELETE"} | {
        ("POST", "/auth/tokens/revoke")
    }

"""POST /v1/orders/{id}, the "Callback Example" (contract, Orders)."""

from typing import Any

import pytest
from django.conf import settings
from standardwebhooks import Webhook

from accounts.models import User
from orders.models import Order
from orders.states import Status
from tenants.models import Tenant
from tests.client import Client
from tests.factories import CustomerFactory, OrderFactory
from tests.orders.moving import order_in
from tests.rest import conformance
from tests.rest.problems import assert_problem
from tests.snapshots import snapshot
from tests.webhooks.conftest import sink
from tests.webhooks.delivering import deliver_all_due, envelope_of
from tests.webhooks.sink import Sink
from webhooks.signatures import derive_callback_secret

__all__ = ["sink"]

NEVER = "0190b6a2-0000-7000-8000-000000000000"
URL = "https://shop.example/processed"
BODY = {"amount": "150.00", "currency": "USD", "timestamp": "1735689600", "callbackUrl": URL}
SCHEMA = {"$ref": "#/components/schemas/OrderProcessed"}


@pytest.fixture
def order(acme: Tenant, alice: User) -> Order:
    """Alice's order."""
    placed: Order = OrderFactory.create(tenant=acme, customer=alice)
    return placed


def _ask(client: Client, order: Order, **changed: Any) -> Any:
    headers = {name: changed.pop(name) for name in [*changed] if name.startswith("HTTP_")}
    return client.post(f"/v1/orders/{order.id}", BODY | changed, **headers)


def _refused(client: Client, order: Order, status: int, slug: str, field: str = "", **changed: Any) -> None:
    before = snapshot()
    answer = _ask(client, order, **changed)
    assert_problem(answer, status, slug, field)
    assert "shop.example" not in answer.content.decode()
    assert snapshot() == before


def _told(client: Client, order: Order, sink: Sink, **changed: Any) -> Any:
    """What arrives at the sink."""
    assert _ask(client, order, callbackUrl=sink.url(), **changed).status_code == 201
    deliver_all_due()
    (request,) = sink.received
    told = envelope_of(request)
    assert conformance.body_faults(SCHEMA, told) == []
    return told


def test_it_is_enqueued_and_nothing_more_is_said(api: Client, alice: User, order: Order) -> None:
    client, before = api.as_(alice), snapshot()
    answer = _ask(client, order)
    assert (answer.status_code, answer.json(), "Location" in answer) == (201, {}, False)
    assert len(snapshot()["webhooks_delivery"]) == len(before["webhooks_delivery"]) + 1


def test_an_order_that_can_be_paid_with_this_money_is_completed(
    api: Client, alice: User, order: Order, sink: Sink
) -> None:
    told = _told(api.as_(alice), order, sink, HTTP_X_REQUEST_ID="checkout-4711")
    assert (told["status"], told["requestId"], told["orderId"]) == ("COMPLETED", "checkout-4711", str(order.id))
    assert told["result"]["transactionId"]
    assert told["result"]["processingDetails"]["processor"]


@pytest.mark.parametrize("changed", [{"amount": "149.99"}, {"currency": "EUR"}])
def test_other_money_is_failed(api: Client, alice: User, order: Order, sink: Sink, changed: dict[str, str]) -> None:
    told = _told(api.as_(alice), order, sink, **changed)
    assert (told["status"], told["result"]["transactionId"]) == ("FAILED", None)


def test_an_order_that_is_paid_already_is_failed(api: Client, pool: Tenant, sink: Sink) -> None:
    assert _told(api, order_in(Status.APPROVED), sink)["status"] == "FAILED"


def test_it_is_signed_with_the_stores_own_key(api: Client, alice: User, order: Order, sink: Sink) -> None:
    _told(api.as_(alice), order, sink)
    (request,) = sink.received
    Webhook(derive_callback_secret(order.tenant_id)).verify(request.body, dict(request.headers))
    assert request.headers["X-Webhook-Signature"].startswith("sha256=")


@pytest.mark.parametrize("name", BODY)
def test_each_part_is_required(api: Client, alice: User, order: Order, name: str) -> None:
    body = {key: value for key, value in BODY.items() if key != name}
    client = api.as_(alice)
    before = snapshot()
    assert_problem(client.post(f"/v1/orders/{order.id}", body), 400, "validation-error", name)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("amount", 150),
        ("amount", "-1"),
        ("amount", "1e2"),
        ("currency", "usd"),
        ("currency", "DOLLARS"),
        ("timestamp", 1735689600),
        ("timestamp", ""),
        ("timestamp", "-1"),
        ("timestamp", "1735689600\n"),
        ("timestamp", "١٢"),
        ("timestamp", "1" * 13),
        ("timestamp", "2025-01-01T00:00:00Z"),
        ("callbackUrl", None),
        ("callbackUrl", "/processed"),
        ("callbackUrl", "ftp://shop.example/"),
        ("callbackUrl", "http://127.0.0.1/"),
        ("callbackUrl", "http://0x7f.1/"),
        ("callbackUrl", "http://[::ffff:10.0.0.1]/"),
        ("callbackUrl", "http://localhost:8000/"),
        ("callbackUrl", "https://metadata/"),
        ("callbackUrl", "https://shop.example/" + "x" * 2000),
        ("color", "red"),
    ],
)
def test_what_makes_no_callback_is_400(api: Client, alice: User, order: Order, name: str, value: Any) -> None:
    _refused(api.as_(alice), order, 400, "validation-error", name, **{name: value})


def test_whoever_may_read_the_order_may_ask(
    api: Client, acme: Tenant, alice: User, sam: User, root: User, order: Order
) -> None:
    for client in (api.as_(alice), api.as_(sam), api.as_(root, at=acme)):
        assert _ask(client, order).status_code == 201
    assert _ask(api, OrderFactory.create()).status_code == 201


def test_a_stranger_may_not(api: Client, bob: User, order: Order) -> None:
    _refused(api.as_(bob), order, 403, "forbidden")


def test_without_a_token_it_is_401(api: Client, pool: Tenant) -> None:
    _refused(api, OrderFactory.create(customer=CustomerFactory.create()), 401, "unauthorized")


def test_an_unknown_order_is_404(api: Client, pool: Tenant) -> None:
    before = snapshot()
    assert_problem(api.post(f"/v1/orders/{NEVER}", BODY), 404, "not-found")
    assert snapshot() == before


def test_an_order_takes_these_methods(api: Client, pool: Tenant) -> None:
    allow = api.options(f"/v1/orders/{OrderFactory.create().id}")["Allow"]
    assert set(allow.split(", ")) == {"GET", "HEAD", "POST", "DELETE", "OPTIONS"}


def test_the_key_is_another_for_another_store(acme: Tenant, globex: Tenant) -> None:
    assert derive_callback_secret(acme.id) != derive_callback_secret(globex.id)
    assert settings.SECRET_KEY not in derive_callback_secret(acme.id)

"""The callback that a caller asks for (contract, Orders)."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import orjson
import pytest
from django.db import connection
from pytest_django import Settings
from standardwebhooks import Webhook

from accounts.models import User
from kernel.actor import ANONYMOUS, SYSTEM, Actor
from kernel.errors import DomainError, Invalid
from orders.errors import NotYourOrder, OrderNotFound
from orders.models import Order, OrderQuerySet
from outbound.errors import UnsafeUrl
from payments.services.order_transitions import cancel_order
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.concurrency import PATIENCE, run_together
from tests.factories import OrderFactory, acting
from tests.snapshots import snapshot
from tests.webhooks.delivering import deliver_all_due
from tests.webhooks.sink import Sink, answer_with
from webhooks.errors import TooManyCallbackHosts
from webhooks.models import Delivery, Endpoint, Message
from webhooks.queries import list_deliveries_about, list_webhook_endpoints
from webhooks.services import callbacks
from webhooks.services.callbacks import MAX_HOSTS, enqueue_order_callback
from webhooks.signatures import derive_callback_secret


@pytest.fixture
def order(acme: Tenant) -> Order:
    return OrderFactory.create(tenant=acme)


def request_callback(order: Order, url: str, *, actor: Actor = ANONYMOUS, **changed: Any) -> None:
    values: dict[str, Any] = {"amount": order.total_amount, "currency": order.currency, "timestamp": "1735689600"}
    with tenant_scope(order.tenant_id):
        enqueue_order_callback(order_id=order.id, callback_url=url, actor=actor, request_id="r-1", **values | changed)


def received_bodies(sink: Sink) -> dict[str, Any]:
    deliver_all_due()
    body: dict[str, Any] = orjson.loads(sink.received[-1].body)
    return body


def test_an_order_that_can_be_paid_is_completed(order: Order, sink: Sink) -> None:
    request_callback(order, sink.url("/done?order=1"))
    body = received_bodies(sink)
    assert sink.received[-1].line == "POST /done?order=1 HTTP/1.1"
    assert (body["requestId"], body["orderId"], body["status"]) == ("r-1", str(order.id), "COMPLETED")
    assert body["result"]["transactionId"]
    assert body["result"]["processingDetails"]["processor"] == "petstore"
    assert body["result"]["processingDetails"]["approvalCode"]
    assert body["timestamp"].endswith("Z")


@pytest.mark.parametrize("changed", [{"amount": Decimal("1.00")}, {"currency": "EUR"}])
def test_other_money_than_the_orders_fails(order: Order, sink: Sink, changed: dict[str, Any]) -> None:
    request_callback(order, sink.url(), **changed)
    body = received_bodies(sink)
    assert body["status"] == "FAILED"
    assert body["result"]["transactionId"] is body["result"]["processingDetails"]["approvalCode"] is None


def test_an_order_that_is_cancelled_fails(order: Order, sink: Sink) -> None:
    with tenant_scope(order.tenant_id):
        cancel_order(order_id=order.id, actor=SYSTEM)
    request_callback(order, sink.url())
    assert received_bodies(sink)["status"] == "FAILED"


def test_it_is_signed_with_the_tenants_secret(order: Order, sink: Sink, globex: Tenant) -> None:
    request_callback(order, sink.url())
    body = received_bodies(sink)
    headers = dict(sink.received[-1].headers.items())
    assert Webhook(derive_callback_secret(order.tenant_id)).verify(sink.received[-1].body, headers) == body
    assert derive_callback_secret(order.tenant_id) != derive_callback_secret(globex.id)


def test_it_is_tried_again_as_webhooks_are(order: Order, sink: Sink) -> None:
    sink.behaviour = answer_with(500)
    request_callback(order, sink.url())
    deliver_all_due()
    with tenant_scope(order.tenant_id):
        (delivery,) = list_deliveries_about(order.id)
    assert (delivery.status, delivery.attempts_made) == ("PENDING", 1)


def test_a_caller_who_is_gone_ends_their_own_callback_only(order: Order, sink: Sink) -> None:
    request_callback(order, sink.url("/gone"))
    request_callback(order, sink.url("/there"))
    sink.behaviour = answer_with(410)
    deliver_all_due()
    with tenant_scope(order.tenant_id):
        assert {one.status for one in list_deliveries_about(order.id)} == {"FAILED"}
        assert [endpoint.status for endpoint in Endpoint.objects.all()] == ["ACTIVE"]


def test_all_callbacks_of_a_store_share_an_endpoint_that_staff_do_not_see(order: Order, sink: Sink) -> None:
    request_callback(order, sink.url("/a"))
    request_callback(order, "https://elsewhere.example/b")
    with tenant_scope(order.tenant_id):
        (endpoint,) = Endpoint.objects.all()
        assert (endpoint.kind, endpoint.url) == ("CALLBACK", "")
        assert not list_webhook_endpoints(SYSTEM).exists()


@pytest.mark.django_db(transaction=True)
def test_simultaneous_callbacks_share_it_too(order: Order, sink: Sink) -> None:
    outcome = run_together([lambda: request_callback(order, sink.url())] * 6)
    assert outcome.errors == []
    with tenant_scope(order.tenant_id):
        assert (Endpoint.objects.count(), Delivery.objects.count()) == (1, 6)


def test_the_callbacks_of_an_order_go_to_five_hosts_and_no_more(order: Order) -> None:
    for number in range(MAX_HOSTS):
        request_callback(order, f"https://{number}.example/")
    before = snapshot()
    with pytest.raises(TooManyCallbackHosts) as refusal:
        request_callback(order, "https://one.more.example/")
    assert (refusal.value.code, snapshot()) == ("too_many_callback_hosts", before)
    request_callback(order, "https://0.example/again")
    request_callback(OrderFactory.create(tenant=order.tenant), "https://one.more.example/")


@pytest.mark.django_db(transaction=True)
def test_of_many_hosts_at_once_five_are_taken(order: Order) -> None:
    calls = [partial(request_callback, order, f"https://{number}.example/") for number in range(8)]
    outcome = run_together(calls)
    assert [type(error) for error in outcome.errors] == [TooManyCallbackHosts] * 3
    assert _hosts(order) == MAX_HOSTS


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_as_many_are_taken_as_are_tried(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has one writer at a time")
    everybody_has_looked = Barrier(8)
    monkeypatch.setattr(OrderQuerySet, "select_for_update", lambda rows, **_: rows)
    monkeypatch.setattr(
        callbacks, "ensure_shared_endpoint", _after(everybody_has_looked, callbacks.ensure_shared_endpoint)
    )
    assert (
        run_together([partial(request_callback, order, f"https://{number}.example/") for number in range(8)]).errors
        == []
    )
    assert _hosts(order) == 8


def _after(barrier: Barrier, find: Callable[[], UUID]) -> Callable[[], UUID]:
    def waiting() -> UUID:
        barrier.wait(PATIENCE)
        return find()

    return waiting


def _hosts(order: Order) -> int:
    with tenant_scope(order.tenant_id):
        return len(set(Delivery.objects.values_list("host", flat=True)))


REFUSALS: list[tuple[Callable[[Order, Sink], object], type[DomainError]]] = [
    (lambda order, _sink: request_callback(order, "http://169.254.169.254/latest"), UnsafeUrl),
    (lambda order, sink: request_callback(order, sink.url(), timestamp="now"), Invalid),
    (lambda order, sink: request_callback(order, sink.url(), timestamp="١٢٣"), Invalid),
    (lambda order, sink: request_callback(order, sink.url(), timestamp="1" * 13), Invalid),
]


@pytest.mark.parametrize(("call", "refusal"), REFUSALS)
def test_bad_input_is_refused_and_nothing_is_written(
    order: Order, sink: Sink, call: Callable[..., object], refusal: type[DomainError]
) -> None:
    with pytest.raises(refusal) as caught:
        call(order, sink)
    assert caught.value.faults[0].field in {"callbackUrl", "timestamp"}
    with tenant_scope(order.tenant_id):
        assert not Message.objects.exists()
        assert not Endpoint.objects.exists()


def test_nobody_asks_about_anothers_order(acme: Tenant, globex: Tenant, alice: User, bob: User, sink: Sink) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    with pytest.raises(NotYourOrder):
        request_callback(order, sink.url(), actor=acting(bob))
    with tenant_scope(globex.id), pytest.raises(OrderNotFound):
        enqueue_order_callback(
            order_id=order.id,
            amount=order.total_amount,
            currency="USD",
            timestamp="1",
            callback_url=sink.url(),
            actor=SYSTEM,
        )
    with tenant_scope(acme.id):
        assert not Message.objects.exists()


def test_another_secret_key_is_another_secret(order: Order, settings: Settings) -> None:
    before = derive_callback_secret(order.tenant_id)
    settings.SECRET_KEY = "another one"  # noqa: S105  # of this test
    assert derive_callback_secret(order.tenant_id) != before

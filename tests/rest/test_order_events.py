"""GET /v1/orders/{id}/events (contract, SSE), over WSGI: what there is; live streams are in test_live_order_events."""

from typing import Any

import pytest

from accounts.models import User
from kernel.actor import SYSTEM
from orders.models import Order
from orders.states import Command, Status
from payments.gateways.sandbox import DECLINED_CARD
from payments.services.order_transitions import transition_order
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import CustomerFactory, OrderFactory
from tests.orders.moving import order_in
from tests.payments.paying import pay
from tests.rest import conformance
from tests.rest.listening import Heard, parsed
from tests.rest.problems import assert_problem
from tests.webhooks.conftest import hook, sink
from tests.webhooks.delivering import deliver_all_due, publish_all_events, received_envelopes
from tests.webhooks.sink import Sink
from webhooks.models import Endpoint

__all__ = ["hook", "sink"]

NEVER = "0190b6a2-0000-7000-8000-000000000000"
STREAM = "text/event-stream"


@pytest.fixture
def order(acme: Tenant, alice: User) -> Order:
    """Alice's order."""
    placed: Order = OrderFactory.create(tenant=acme, customer=alice)
    return placed


@pytest.fixture
def listener(api: Client, alice: User) -> Client:
    return api.as_(alice)


def _ask(client: Client, order_id: object, **headers: Any) -> Any:
    return client.get(f"/v1/orders/{order_id}/events", **{"HTTP_ACCEPT": STREAM, **headers})


def _heard(client: Client, order: Order, **headers: Any) -> list[Heard]:
    publish_all_events()
    answer = _ask(client, order.id, **headers)
    assert (answer.status_code, answer["Content-Type"]) == (200, STREAM)
    return parsed(answer.content)


def _statuses(heard: list[Heard]) -> list[tuple[str, str]]:
    return [(one.event, one.data.get("newStatus") or one.data["payment"]["status"]) for one in heard]


def test_the_whole_story_is_told_from_the_first_event(listener: Client, order: Order) -> None:
    pay(order, DECLINED_CARD)
    pay(order)
    assert _statuses(_heard(listener, order)) == [
        ("order.statusChanged", "PLACED"),
        ("payment.failed", "FAILED"),
        ("order.statusChanged", "APPROVED"),
        ("payment.succeeded", "SUCCEEDED"),
    ]


def test_each_event_is_what_a_webhook_tells(listener: Client, order: Order, hook: Endpoint, sink: Sink) -> None:
    pay(order)
    deliver_all_due()
    told = {envelope["eventId"]: envelope for envelope in received_envelopes(sink)}
    heard = _heard(listener, order)
    assert heard
    assert [(told[one.id]["eventType"], told[one.id]["data"]) for one in heard] == [(h.event, h.data) for h in heard]


def test_each_datum_is_what_its_schema_says(listener: Client, order: Order) -> None:
    pay(order)
    schemas = {"order.statusChanged": "OrderStatusChangedData", "payment.succeeded": "PaymentSucceededData"}
    for one in _heard(listener, order):
        schema = {"$ref": f"#/components/schemas/{schemas[one.event]}"}
        assert conformance.body_faults(schema, one.data) == []


def test_an_events_neighbours_are_not_told(listener: Client, order: Order, acme: Tenant, alice: User) -> None:
    other = OrderFactory.create(tenant=acme, customer=alice)
    pay(other)
    assert {one.data["order"]["id"] for one in _heard(listener, order)} == {str(order.id)}


def test_whoever_connects_again_gets_what_they_miss(listener: Client, order: Order) -> None:
    pay(order)
    story = _heard(listener, order)
    for place, one in enumerate(story, start=1):
        assert _heard(listener, order, HTTP_LAST_EVENT_ID=one.id) == story[place:]


@pytest.mark.parametrize("last", ["", NEVER, "1", "\xff", "x" * 10_000, "{}"])
def test_whoever_knows_no_event_of_it_gets_the_whole_story(listener: Client, order: Order, last: str) -> None:
    assert len(_heard(listener, order, HTTP_LAST_EVENT_ID=last)) == 1


def test_an_event_of_another_order_is_none_of_it(listener: Client, order: Order, acme: Tenant, alice: User) -> None:
    other = OrderFactory.create(tenant=acme, customer=alice)
    (foreign,) = _heard(listener, other)
    assert len(_heard(listener, order, HTTP_LAST_EVENT_ID=foreign.id)) == 1


def test_a_server_that_cannot_stream_says_when_to_ask_again(listener: Client, order: Order) -> None:
    publish_all_events()
    answer = _ask(listener, order.id)
    assert answer.content.startswith(b"retry: 3000\n\nid: ")
    assert (answer["Cache-Control"], answer["X-Accel-Buffering"]) == ("private, no-cache", "no")


@pytest.mark.parametrize("status", [Status.DELIVERED, Status.CANCELLED])
def test_whoever_has_all_of_an_order_at_its_end_is_told_to_ask_no_more(
    api: Client, pool: Tenant, status: Status
) -> None:
    order = order_in(status)
    story = _heard(api, order)
    assert _statuses(story)[-1] == ("order.statusChanged", status)
    done = _ask(api, order.id, HTTP_LAST_EVENT_ID=story[-1].id)
    assert (done.status_code, done.content) == (204, b"")


@pytest.mark.parametrize("status", [Status.PLACED, Status.APPROVED, Status.SHIPPED])
def test_whoever_has_all_of_an_order_on_its_way_goes_on(api: Client, pool: Tenant, status: Status) -> None:
    order = order_in(status)
    assert _heard(api, order, HTTP_LAST_EVENT_ID=_heard(api, order)[-1].id) == []


def test_what_comes_after_the_end_is_told_too(api: Client, pool: Tenant) -> None:
    order = order_in(Status.DELIVERED)
    last = _heard(api, order)[-1].id
    with tenant_scope(pool.id):
        transition_order(order_id=order.id, command=Command.FORCE_CANCEL, actor=SYSTEM, reason="Brought back.")
    assert _statuses(_heard(api, order, HTTP_LAST_EVENT_ID=last)) == [("order.statusChanged", "CANCELLED")]


def test_whoever_may_read_the_order_may_listen(
    api: Client, acme: Tenant, alice: User, sam: User, root: User, order: Order
) -> None:
    for client in (api.as_(alice), api.as_(sam), api.as_(root, at=acme)):
        assert len(_heard(client, order)) == 1
    assert len(_heard(api, OrderFactory.create())) == 1


def test_a_stranger_hears_nothing(api: Client, bob: User, order: Order) -> None:
    assert_problem(_ask(api.as_(bob), order.id), 403, "forbidden")


def test_without_a_token_it_is_401(api: Client, pool: Tenant) -> None:
    order = OrderFactory.create(customer=CustomerFactory.create())
    assert_problem(_ask(api, order.id), 401, "unauthorized")


@pytest.mark.parametrize("order_id", [NEVER, "1", "%00"])
def test_an_unknown_order_is_404(api: Client, pool: Tenant, order_id: str) -> None:
    assert_problem(_ask(api, order_id), 404, "not-found")


@pytest.mark.parametrize("accept", [STREAM, "*/*", "text/*", "application/json, text/event-stream"])
def test_a_stream_is_produced_for_whoever_takes_it(api: Client, pool: Tenant, accept: str) -> None:
    assert len(_heard(api, OrderFactory.create(), HTTP_ACCEPT=accept)) == 1


def test_whoever_takes_no_stream_is_406(api: Client, pool: Tenant) -> None:
    answer = _ask(api, OrderFactory.create().id, HTTP_ACCEPT="application/json")
    assert_problem(answer, 406, "not-acceptable")


def test_head_tells_what_it_would_be_and_other_methods_are_405(api: Client, pool: Tenant) -> None:
    address = f"/v1/orders/{OrderFactory.create().id}/events"
    head, refused = api.head(address), api.post(address)
    assert (head.status_code, head.content, head["Content-Type"]) == (200, b"", STREAM)
    assert_problem(refused, 405, "method-not-allowed")
    assert set(refused["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS"}

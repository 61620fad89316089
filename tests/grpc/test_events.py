"""An order's events as messages: the webhook's envelopes (contract, gRPC, Webhooks)."""

import pytest

from accounts.models import User
from kernel.actor import SYSTEM
from orders.models import Order
from payments.gateways.sandbox import DECLINED_CARD
from payments.services.order_transitions import cancel_order
from petstore.interfaces.grpc.events import build_order_event
from petstore.interfaces.grpc.stubs import orders_pb2
from petstore.interfaces.live.feed import FeedItem, read_order_feed
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory
from tests.grpc.calling import show_as_rest, without_nulls
from tests.payments.paying import pay
from tests.webhooks.delivering import publish_all_events

pytestmark = pytest.mark.django_db

KINDS = {
    "order.statusChanged": "order_status_changed",
    "payment.succeeded": "payment_succeeded",
    "payment.failed": "payment_failed",
}


@pytest.fixture
def feed(alice: User) -> list[FeedItem]:
    """The story of an order that is declined, paid and cancelled."""
    order: Order = OrderFactory.create(tenant=alice.tenant, customer=alice)
    pay(order, DECLINED_CARD)
    pay(order)
    with tenant_scope(order.tenant_id):
        cancel_order(order_id=order.id, actor=SYSTEM)
        publish_all_events()
        return read_order_feed(order.id)


def test_the_feed_has_every_kind_of_event(feed: list[FeedItem]) -> None:
    assert {item.event_type for item in feed} == KINDS.keys()


def test_an_event_is_the_webhook_s_envelope(feed: list[FeedItem]) -> None:
    for item in feed:
        event = build_order_event(item)
        kind = KINDS[item.event_type]
        assert (event.WhichOneof("data"), event.event_id, event.event_type) == (kind, str(item.id), item.event_type)
        assert event.timestamp.ToJsonString() == item.timestamp
        shown, data = show_as_rest(getattr(event, kind)), without_nulls(item.data)
        assert shown["order"].pop("etag") == ""
        assert shown["order"] == data.pop("order")
        assert shown.pop("order")["tenantId"]
        if "payment" in data:
            source = data["payment"].pop("source")
            masked = shown["payment"].pop("card")
            assert {name: masked[name] for name in source if name != "object"} == {
                name: value for name, value in source.items() if name != "object"
            }
        assert shown == {name: value for name, value in data.items() if value != ""}


def test_a_new_order_has_no_status_before(feed: list[FeedItem]) -> None:
    first = build_order_event(feed[0]).order_status_changed
    assert (first.previous_status, first.new_status) == (0, orders_pb2.ORDER_STATUS_PLACED)


def test_an_item_of_the_feed_has_the_envelope_s_timestamp(feed: list[FeedItem]) -> None:
    changes = [item for item in feed if "changedAt" in item.data]
    assert len(changes) == 3
    assert all(item.timestamp == item.data["changedAt"] for item in changes)

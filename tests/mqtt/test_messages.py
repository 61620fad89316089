"""What each event is published as: topics, QoS, retained messages, properties (contract, MQTT)."""

import time
from collections import defaultdict
from io import StringIO
from uuid import UUID

import pytest
from django.core.management import call_command
from pytest_django import Settings

from kernel.actor import SYSTEM
from mqtt.services.fanout import queue_public_events
from orders.models import Order
from orders.states import Command
from payments.gateways.sandbox import DECLINED_CARD
from payments.services.order_transitions import cancel_order, transition_order
from pets.models import Pet
from public_events.relay import publish_pending_events
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory
from tests.mqtt.brokers import Mosquitto
from tests.mqtt.publishing import publish_all_due
from tests.mqtt.subscriber import Heard, Subscriber, subscribing
from tests.payments.paying import pay
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import deliver_all_due, received_envelopes
from tests.webhooks.sink import listening_sink
from webhooks.services.fanout import fan_out

WEEK = 7 * 24 * 3600
pytestmark = pytest.mark.django_db(transaction=True)


def heard_by_topic(subscriber: Subscriber, number: int, prefix: str) -> dict[str, list[Heard]]:
    """So many messages by their topics, without what comes before all of them."""
    found: dict[str, list[Heard]] = {}
    for heard in subscriber.wait_for(number):
        found.setdefault(heard.topic.removeprefix(prefix), []).append(heard)
    return found


def published_of(order: Order, subscriber: Subscriber, prefix: str, number: int) -> dict[str, list[Heard]]:
    pay(order)
    publish_all_due()
    return heard_by_topic(subscriber, number, prefix)


def test_an_order_of_the_pool_is_published_below_the_prefix_only(
    subscriber: Subscriber, stray: Pet, settings: Settings
) -> None:
    order = OrderFactory.create(pet=stray)
    found = published_of(order, subscriber, settings.MQTT_TOPIC_PREFIX, 6)
    payment = found[f"orders/{order.id}/payment"][0].data["payment"]["id"]
    assert {topic: (len(each), each[0].qos) for topic, each in found.items()} == {
        f"orders/{order.id}/status": (2, 1),
        f"orders/{order.id}/payment": (1, 2),
        f"payments/{payment}/status": (1, 2),
        f"pets/{stray.id}/status": (1, 1),
        f"pets/{stray.id}/availability": (1, 1),
    }
    assert all("tenantId" not in heard.labels for heard in subscriber.heard)


def test_an_order_of_a_tenant_is_published_below_the_tenant(
    subscriber: Subscriber, acme: Tenant, rex: Pet, settings: Settings
) -> None:
    order = OrderFactory.create(pet=rex)
    found = published_of(order, subscriber, settings.MQTT_TOPIC_PREFIX, 6)
    assert {tuple(topic.split("/")[:2]) for topic in found} == {("tenants", str(acme.id))}
    assert {heard.labels["tenantId"] for heard in subscriber.heard} == {str(acme.id)}


def test_a_message_says_what_it_is(subscriber: Subscriber, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    publish_all_due()
    (status, *_), (pet, *_) = (
        [heard for heard in subscriber.wait_for(3) if word in heard.topic] for word in ("/orders/", "/pets/")
    )
    assert list(status.labels) == ["eventId", "eventType", "timestamp", "tenantId"]
    assert UUID(status.labels["eventId"]) != UUID(pet.labels["eventId"])
    assert (status.labels["eventType"], pet.labels["eventType"]) == ("order.statusChanged", "pet.statusChanged")
    assert status.labels["timestamp"] == status.data["changedAt"]


def test_the_payload_is_what_a_webhook_has_for_data(
    subscriber: Subscriber, acme: Tenant, rex: Pet, settings: Settings
) -> None:
    with listening_sink() as sink:
        settings.OUTBOUND_ALLOW = {sink.endpoint}
        subscribe_endpoint(acme, sink.url(), "order.statusChanged", "payment.succeeded", "pet.statusChanged")
        pay(OrderFactory.create(pet=rex))
        deliver_to_both(subscriber, 6)
        told = {each["eventId"]: each["data"] for each in received_envelopes(sink)}
    assert {heard.event_id: heard.data for heard in subscriber.heard} == told


def deliver_to_both(subscriber: Subscriber, number: int) -> None:
    while publish_pending_events([fan_out, queue_public_events]):
        pass
    deliver_all_due()
    publish_all_due()
    subscriber.wait_for(number)


def test_a_payment_that_failed_is_published_to_both_its_topics(subscriber: Subscriber, rex: Pet) -> None:
    pay(OrderFactory.create(pet=rex), DECLINED_CARD)
    publish_all_due()
    failed = [each for each in subscriber.wait_for(5) if each.labels["eventType"] == "payment.failed"]
    assert [each.topic.split("/")[-1] for each in failed] == ["payment", "status"]
    assert {each.data["payment"]["status"] for each in failed} == {"FAILED"}


def test_availability_tells_only_of_pets_that_become_available_or_are_so_no_more(
    subscriber: Subscriber, rex: Pet
) -> None:
    order = OrderFactory.create(pet=rex)
    pay(order)
    publish_all_due()
    with tenant_scope(order.tenant_id):
        for command in (Command.SHIP, Command.DELIVER):
            transition_order(order_id=order.id, command=command, actor=SYSTEM)
    publish_all_due()
    found = [heard for heard in subscriber.wait_for(9) if "/pets/" in heard.topic]
    statuses: dict[str, list[str]] = {"status": [], "availability": []}
    for heard in found:
        statuses[heard.topic.split("/")[-1]].append(heard.data["newStatus"])
    assert statuses == {"status": ["PENDING", "ADOPTED"], "availability": ["PENDING"]}


def test_what_becomes_of_a_thing_is_retained_for_a_week_and_a_payment_of_an_order_is_not(
    subscriber: Subscriber, rex: Pet, settings: Settings, broker: Mosquitto
) -> None:
    order = OrderFactory.create(pet=rex)
    pay(order)
    publish_all_due()
    subscriber.wait_for(6)
    with subscribing(broker.port, f"{settings.MQTT_TOPIC_PREFIX}#") as late:
        retained = late.wait_for(4)
        time.sleep(0.2)
        assert len(late.heard) == 4
    assert {heard.topic.split("/", 3)[-1].split("/")[0] for heard in retained} == {"orders", "payments", "pets"}
    assert not any(heard.topic.endswith("/payment") for heard in retained)
    assert all(heard.is_retained for heard in retained)
    assert all(0 < heard.read_property("MessageExpiryInterval") <= WEEK for heard in retained)
    (status,) = [heard for heard in retained if heard.topic.endswith(f"orders/{order.id}/status")]
    assert status.data["newStatus"] == "APPROVED"


def test_steps_of_one_order_and_of_one_pet_are_heard_in_order(subscriber: Subscriber, rex: Pet) -> None:
    for _ in range(4):
        order = OrderFactory.create(pet=rex)
        with tenant_scope(order.tenant_id):
            cancel_order(order_id=order.id, actor=SYSTEM)
    publish_all_due()
    heard = subscriber.wait_for(24)
    pets = [each.data["newStatus"] for each in heard if each.topic.endswith(f"pets/{rex.id}/status")]
    assert pets == ["PENDING", "AVAILABLE"] * 4
    orders: defaultdict[str, list[str]] = defaultdict(list)
    for each in heard:
        if "order" in each.data:
            orders[each.data["order"]["id"]].append(each.data["newStatus"])
    assert list(orders.values()) == [["PLACED", "CANCELLED"]] * 4


def test_deliver_webhooks_publishes_once_what_is_due(subscriber: Subscriber, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    said = StringIO()
    call_command("deliver_webhooks", "--once", stdout=said)
    assert "2 events published over MQTT, 0 wait for the broker." in said.getvalue()
    assert len(subscriber.wait_for(3)) == 3

"""No event is lost when a worker is killed, and a repeat has the same `eventId`; presence says what is so."""

from collections import Counter

import pytest
from pytest_django import Settings

from kernel import clock
from mqtt.models import OutgoingEvent
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import all_tenants
from tests import processes
from tests.factories import OrderFactory
from tests.mqtt.brokers import Mosquitto
from tests.mqtt.elsewhere import publish_and_hang, run_worker, settle_and_hang, stay_connected
from tests.mqtt.links import linked
from tests.mqtt.publishing import list_outbox, publish_all_due, queue_all_events
from tests.mqtt.storms import compare_with_journal, kill_workers_amid_events
from tests.mqtt.subscriber import Subscriber
from tests.server.server import wait_until

pytestmark = pytest.mark.django_db(transaction=True)
LEASE_SECONDS = 3


def end_all_leases() -> None:
    with all_tenants(reason="test"):
        OutgoingEvent.objects.filter(claim__isnull=False).update(due_at=clock.now())


def test_a_worker_that_dies_before_it_settles_publishes_again_under_the_same_id(
    broker: Mosquitto, subscriber: Subscriber, settings: Settings, rex: Pet
) -> None:
    OrderFactory.create(pet=rex)
    queue_all_events()
    with processes.running(publish_and_hang, broker.url, settings.MQTT_TOPIC_PREFIX) as worker:
        assert worker.heard() == "acknowledged"
    subscriber.wait_for(3)
    publish_all_due()
    assert len(list_outbox()) == 2
    end_all_leases()
    publish_all_due()
    heard = subscriber.wait_for(6)
    assert list_outbox() == []
    assert set(Counter((each.topic, each.event_id) for each in heard).values()) == {2}


def test_a_worker_that_settles_before_it_sends_loses_what_it_had_when_it_dies(
    broker: Mosquitto, subscriber: Subscriber, settings: Settings, rex: Pet
) -> None:
    """The negative control."""
    OrderFactory.create(pet=rex)
    queue_all_events()
    with processes.running(settle_and_hang, broker.url, settings.MQTT_TOPIC_PREFIX) as worker:
        assert worker.heard() == "settled"
    end_all_leases()
    publish_all_due()
    assert list_outbox() == []
    assert subscriber.heard == []


def test_workers_that_are_killed_amid_their_work_lose_nothing_and_keep_the_order(
    broker: Mosquitto, subscriber: Subscriber, settings: Settings, acme: Tenant
) -> None:
    """At length: tests/stress/mqtt_kills.py."""
    with linked(broker.port) as link:
        kill_workers_amid_events(link, settings.MQTT_TOPIC_PREFIX, acme, kills=2)
    found = compare_with_journal(acme, subscriber)
    assert (found.lost, found.phantoms, found.out_of_order) == (0, 0, 0)
    assert found.told == 2 * 5 * 5


def test_a_worker_publishes_by_itself_and_says_when_it_comes_and_goes(
    broker: Mosquitto, subscriber: Subscriber, settings: Settings, rex: Pet
) -> None:
    with processes.running(run_worker, broker.url, settings.MQTT_TOPIC_PREFIX, LEASE_SECONDS) as worker:
        subscriber.wait_for_presence("online")
        OrderFactory.create(pet=rex)
        subscriber.wait_for(3)
        wait_until(lambda: list_outbox() == [])
        worker.send_signal(15)
        worker.wait()
    subscriber.wait_for_presence("offline")
    assert subscriber.presence[-2:] == ["online", "offline"]


def test_the_last_will_says_offline_for_a_worker_that_is_killed(
    broker: Mosquitto, subscriber: Subscriber, settings: Settings
) -> None:
    with processes.running(stay_connected, broker.url, settings.MQTT_TOPIC_PREFIX) as worker:
        assert worker.heard() == "connected"
        subscriber.wait_for_presence("online")
        worker.kill()
        subscriber.wait_for_presence("offline")

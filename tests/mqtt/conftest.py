"""A broker that all tests of a module share, and a subscriber that hears all of it."""

from collections.abc import Iterator
from uuid import uuid4

import pytest
from pytest_django import Settings

from tests.mqtt.brokers import Mosquitto, running_broker
from tests.mqtt.subscriber import Subscriber, subscribing


@pytest.fixture(scope="package")
def shared_broker() -> Iterator[Mosquitto]:
    with running_broker() as broker:
        yield broker


@pytest.fixture
def broker(shared_broker: Mosquitto, settings: Settings) -> Mosquitto:
    """A broker that is named in the settings, with a prefix that no other test has."""
    settings.MQTT_URL = shared_broker.url
    settings.MQTT_TOPIC_PREFIX = f"{uuid4().hex}/"
    return shared_broker


@pytest.fixture
def subscriber(broker: Mosquitto, settings: Settings) -> Iterator[Subscriber]:
    with subscribing(broker.port, f"{settings.MQTT_TOPIC_PREFIX}#") as subscriber:
        yield subscriber

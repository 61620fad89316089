"""Programs that the tests run in processes of their own."""

import sys
from collections.abc import Sequence
from datetime import timedelta
from threading import Event

from django.conf import settings
from django.core.management import call_command

from mqtt.delivery import claims, publisher
from mqtt.delivery.outcomes import Outcome, settle_event_outcomes
from mqtt.delivery.publisher import EventPublisher, create_event_publisher
from mqtt.models import OutgoingEvent
from tenants.scoping import all_tenants


def run_worker(url: str, prefix: str, lease_seconds: int) -> None:
    """The background worker, with a lease that a test can wait for."""
    name_broker(url, prefix)
    claims.LEASE = timedelta(seconds=lease_seconds)
    call_command("run_worker")


def publish_and_hang(url: str, prefix: str) -> None:
    """Publish all that is due, say so, and never settle it."""
    name_broker(url, prefix)
    publisher.settle_event_outcomes = _hang_before_settling  # type: ignore[attr-defined]
    create_event_publisher().run_until_idle()


def settle_and_hang(url: str, prefix: str) -> None:
    """The negative control: a publisher that settles what it has not sent yet."""
    name_broker(url, prefix)
    settle_event_outcomes([Outcome(claimed) for claimed in claims.claim_due_events(100)])
    _say_and_hang("settled")


def stay_connected(url: str, prefix: str) -> None:
    """Connect, and do nothing more."""
    name_broker(url, prefix)
    idle: EventPublisher = create_event_publisher()
    idle.run_until_idle()
    _say_and_hang("connected")


def name_broker(url: str, prefix: str) -> None:
    settings.MQTT_URL, settings.MQTT_TOPIC_PREFIX = url, prefix


def _hang_before_settling(outcomes: Sequence[Outcome]) -> None:
    with all_tenants(reason="test"):
        left = OutgoingEvent.objects.first_of_keys().count()
    if len(outcomes) == left:
        _say_and_hang("acknowledged")
    raise RuntimeError(f"{len(outcomes)} of {left} are acknowledged")


def _say_and_hang(word: str) -> None:
    sys.stdout.write(f"{word}\n")
    sys.stdout.flush()
    Event().wait()

"""The publisher's round, run until nothing is due."""

from mqtt.delivery.publisher import EventPublisher, create_event_publisher
from mqtt.models import OutgoingEvent
from mqtt.services.fanout import queue_public_events
from public_events.relay import publish_pending_events
from tenants.scoping import all_tenants


def queue_all_events() -> None:
    """Bring all pending events into the outbox of MQTT."""
    while publish_pending_events([queue_public_events]):
        pass


def publish_all_due() -> EventPublisher:
    """Publish all pending events over MQTT and take leave of the broker."""
    queue_all_events()
    publisher = create_event_publisher()
    publisher.run_until_idle()
    publisher.finish_in_flight(2.5)
    return publisher


def list_outbox() -> list[OutgoingEvent]:
    """What waits for the broker, of all tenants, in order."""
    with all_tenants(reason="test"):
        return list(OutgoingEvent.objects.order_by("sequence", "created_at", "id"))

"""Messages: what a public event is published as (contract, MQTT)."""

from typing import Final, NamedTuple
from uuid import UUID

import orjson

from mqtt.topics import PRESENCE, TOPICS, Topic, build_tenant_address
from public_events.event_types import EventType
from tenants.scoping import public_tenant_id

ONLINE: Final = b'{"status":"online"}'
OFFLINE: Final = b'{"status":"offline"}'


class Message(NamedTuple):
    """One message to the broker, without the prefix of its address.

    Attributes:
        user_properties: by name, in their order.
    """

    topic: Topic
    address: str
    payload: bytes
    user_properties: tuple[tuple[str, str], ...] = ()


def build_event_messages(tenant_id: UUID, event_type: str, body: str) -> list[Message]:
    """Build the messages of a public event, in the order in which they are sent.

    Args:
        body: its envelope, whose `data` is the payload.
    """
    envelope = orjson.loads(body)
    data = envelope["data"]
    payload, place = orjson.dumps(data), build_tenant_address(tenant_id)
    properties = [(name, envelope[name]) for name in ("eventId", "eventType", "timestamp")]
    known_as = public_tenant_id(tenant_id)
    if known_as:
        properties.append(("tenantId", str(known_as)))
    return [
        Message(topic, place + topic.build_address(data), payload, tuple(properties))
        for topic in TOPICS
        if topic.concerns_event(EventType(event_type), data)
    ]


def build_presence_message(payload: bytes) -> Message:
    """Build the message that says whether the publisher is connected."""
    return Message(PRESENCE, PRESENCE.address, payload)

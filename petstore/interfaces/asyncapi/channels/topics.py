"""The topics of MQTT, also while MQTT is off (contract, MQTT)."""

from typing import Final

from django.conf import settings

from mqtt.topics import PRESENCE, TOPICS, Topic
from petstore.interfaces.asyncapi.events import build_data_messages
from petstore.interfaces.asyncapi.examples import find_examples
from petstore.interfaces.asyncapi.parts import MQTT_BINDING, Channel, Message, Operation, Schema
from petstore.interfaces.asyncapi.schemas import FrameInspector

_OPERATIONS: Final = {
    "orderStatusTopic": "publishOrderStatus",
    "orderPaymentTopic": "publishOrderPayment",
    "paymentStatusTopic": "publishPaymentStatus",
    "petStatusTopic": "publishPetStatus",
    "petAvailabilityTopic": "publishPetAvailability",
    PRESENCE.name: "publishPresence",
}
_PARAMETERS: Final = {"orderId": "The order's id.", "paymentId": "The payment's id.", "petId": "The pet's id."}
_DESCRIPTION: Final = """\
Rows of a tenant have `tenants/{tenantId}/` before their topics; `MQTT_TOPIC_PREFIX` comes before all. Payload Format
Indicator 1, Content Type `application/json`, User Properties `eventId`, `eventType`, `timestamp`, and `tenantId` in a
tenant. Sent at least once: a repeat has the same `eventId`.
"""
_PRESENCE: Final[Schema] = {
    "type": "object",
    "required": ["status"],
    "properties": {"status": {"type": "string", "enum": ["online", "offline"]}},
}


def build_topic_channels(inspector: FrameInspector) -> list[Channel]:
    """Build a channel for each kind of topic."""
    told = [_build_channel(topic, build_data_messages(inspector, topic.event_types), _DESCRIPTION) for topic in TOPICS]
    presence = Message("Presence", "presence", _PRESENCE, "The publisher has come or gone.", find_examples("Presence"))
    return [*told, _build_channel(PRESENCE, {"presence": presence}, "Retained, of the store as a whole.")]


def _build_channel(topic: Topic, messages: dict[str, Message], description: str) -> Channel:
    return Channel(
        name=topic.name,
        address=f"{settings.MQTT_TOPIC_PREFIX}{topic.address}",
        title=topic.title,
        description=description,
        servers=("mqtt",),
        parameters={name: said for name, said in _PARAMETERS.items() if f"{{{name}}}" in topic.address},
        messages=messages,
        operations=(
            Operation(_OPERATIONS[topic.name], "send", f"{topic.title}.", bindings=_describe_publishing(topic)),
        ),
    )


def _describe_publishing(topic: Topic) -> Schema:
    expiry = {} if topic.expiry_seconds is None else {"messageExpiryInterval": topic.expiry_seconds}
    binding = {"bindingVersion": MQTT_BINDING, "qos": topic.qos, "retain": topic.is_retained, **expiry}
    return {"mqtt": binding}

"""Messages that tell an event of the journal: its data alone, or in a webhook's envelope (contract, Webhooks)."""

from collections.abc import Iterable, Mapping
from typing import Final

from petstore.interfaces.asyncapi.parts import Message, Schema
from petstore.interfaces.asyncapi.schemas import FrameInspector, SerializerClass
from petstore.interfaces.representation.events import (
    OrderStatusChangedOutput,
    PaymentFailedOutput,
    PaymentSucceededOutput,
    PetStatusChangedOutput,
    WebhookTestOutput,
)
from petstore.interfaces.representation.fields import IdField, TextField, TimestampField
from petstore.interfaces.representation.serializers import OutputSerializer
from petstore.interfaces.rest.openapi.events import (
    DATA_EXAMPLES,
    SIGNATURE_HEADERS,
    build_event_example,
    name_event_schema,
)
from public_events.event_types import EventType
from webhooks.models import TEST_TYPE

DATA: Final[Mapping[str, SerializerClass]] = {
    EventType.ORDER_STATUS_CHANGED.value: OrderStatusChangedOutput,
    EventType.PAYMENT_SUCCEEDED.value: PaymentSucceededOutput,
    EventType.PAYMENT_FAILED.value: PaymentFailedOutput,
    EventType.PET_STATUS_CHANGED.value: PetStatusChangedOutput,
    TEST_TYPE: WebhookTestOutput,
}
"""The data of each event, by its type."""
ORDER_EVENTS: Final = (EventType.ORDER_STATUS_CHANGED, EventType.PAYMENT_SUCCEEDED, EventType.PAYMENT_FAILED)


class EnvelopeOutput(OutputSerializer):
    """An event as webhooks get it, without its data."""

    eventId = IdField(help_text="The same in every attempt to deliver it.")
    eventType = TextField()
    timestamp = TimestampField()


def build_data_messages(inspector: FrameInspector, event_types: Iterable[str]) -> dict[str, Message]:
    """Build the messages whose payload is an event's data, by their keys in a channel."""
    return {
        name_event_key(event_type): Message(
            component=f"{name_event_schema(event_type)}Data",
            name=str(event_type),
            payload=inspector.refer_to_output(DATA[event_type]),
            summary=_summarize_event(event_type),
            examples={"data": DATA_EXAMPLES[event_type]},
        )
        for event_type in event_types
    }


def build_envelope_messages(inspector: FrameInspector) -> dict[str, Message]:
    """Build the messages whose payload is an event's envelope, by their keys in a channel."""
    return {
        name_event_key(event_type): Message(
            component=f"{name_event_schema(event_type)}Event",
            name=event_type,
            payload=_describe_envelope(inspector, event_type),
            summary=_summarize_event(event_type),
            examples={"event": build_event_example(event_type)},
            headers=_describe_signature_headers(),
        )
        for event_type in DATA
    }


def name_event_key(event_type: str) -> str:
    """Return an event's key in a channel: `orderStatusChanged` of `order.statusChanged`."""
    name = name_event_schema(event_type)
    return name[:1].lower() + name[1:]


def _describe_envelope(inspector: FrameInspector, event_type: str) -> Schema:
    envelope = inspector.describe_output(EnvelopeOutput)
    more = {"eventType": {"const": event_type}, "data": inspector.refer_to_output(DATA[event_type])}
    properties = envelope["properties"] | more
    return {
        **envelope,
        "description": _summarize_event(event_type),
        "properties": properties,
        "required": list(properties),
    }


def _summarize_event(event_type: str) -> str:
    return str(DATA[event_type].__doc__)


def _describe_signature_headers() -> Schema:
    properties = {
        header["name"]: {**header["schema"], "description": header["description"]} for header in SIGNATURE_HEADERS
    }
    return {"type": "object", "required": list(properties), "properties": properties}

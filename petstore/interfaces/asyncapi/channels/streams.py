"""Events that the store sends over HTTP: as server-sent events, and to webhooks (contract, SSE and Webhooks)."""

from django.conf import settings

from petstore.interfaces.asyncapi.events import ORDER_EVENTS, build_data_messages, build_envelope_messages
from petstore.interfaces.asyncapi.parts import Channel, Operation
from petstore.interfaces.asyncapi.schemas import FrameInspector


def build_stream_channel(inspector: FrameInspector) -> Channel:
    """Build the channel of `GET /orders/{id}/events`."""
    return Channel(
        name="orderEventStream",
        address=f"{settings.API_PREFIX}orders/{{orderId}}/events",
        title="An order's events as server-sent events",
        description=(
            "`event` is the message's name, `id` the event's id, `data` its payload. After an interruption the browser "
            "sends `Last-Event-ID`, and the stream goes on behind it; 204 says that the order has ended and the caller "
            "has all of it."
        ),
        servers=("http",),
        parameters={"orderId": "The order's id."},
        messages=build_data_messages(inspector, ORDER_EVENTS),
        operations=(Operation("streamOrderEvents", "send", "Tell an order's story, then what happens to it."),),
    )


def build_webhook_channel(inspector: FrameInspector) -> Channel:
    """Build the channel of the URLs that webhooks are sent to."""
    return Channel(
        name="webhooks",
        address=None,
        title="The URL of a webhook endpoint",
        description=(
            "POST, signed in `X-Webhook-Signature` and as Standard Webhooks are. Sent at least once; the events of one "
            "order in their order."
        ),
        servers=(),
        messages=build_envelope_messages(inspector),
        operations=(Operation("sendWebhooks", "send", "Send an event to the webhooks that ask for its type."),),
    )

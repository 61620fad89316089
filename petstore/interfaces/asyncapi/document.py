"""The AsyncAPI document, put together from the channels of all protocols (contract, AsyncAPI)."""

from collections.abc import Sequence
from functools import cache
from threading import Lock
from typing import Final
from urllib.parse import urlsplit

import orjson
from django.conf import settings

from petstore.interfaces.asyncapi.channels import socketio, sockets, streams, topics
from petstore.interfaces.asyncapi.parts import Channel, Message, Schema
from petstore.interfaces.asyncapi.schemas import FrameInspector

VERSION: Final = "3.0.0"
_MQTT_PORTS: Final = {"mqtt": 1883, "mqtts": 8883}
_LOCAL_BROKER: Final = "mqtt://localhost:1883"
_DESCRIPTION: Final = """\
Sockets, topics and webhooks over the same events as REST's. Directions are the store's own: it sends what callers hear.

**Tokens** are those of the API. A socket takes one as the subprotocols `petstore.v1, bearer.<token>`, in the header
`Authorization`, in the query, or in its first frame; Socket.IO in `auth.token`. The tenant stands beside it.

**Refusals** are the problems of the API (RFC 9457).

Schemas leave room for members that come later: ignore what you do not know. What the store takes has no others than
those that are named here; it refuses them.
"""
_making = Lock()


def build_asyncapi_document(site: str) -> Schema:
    """Build the document.

    Args:
        site: the address of the service, such as `https://shop.example`.
    """
    with _making:
        parts = _describe_parts()
    return {
        "asyncapi": VERSION,
        "id": "urn:petstore:events",
        "info": {
            "title": "Pet Store, live",
            "version": settings.SPECTACULAR_SETTINGS["VERSION"],
            "description": _DESCRIPTION,
            "license": {"name": "MIT"},
        },
        "defaultContentType": "application/json",
        "servers": _describe_servers(site),
        **parts,
    }


def _describe_servers(site: str) -> Schema:
    address = urlsplit(site)
    secure = "s" if address.scheme == "https" else ""
    path: Schema = {"pathname": address.path} if address.path else {}
    return {
        "http": {"host": address.netloc, **path, "protocol": f"http{secure}", "description": "Where REST is."},
        "ws": {"host": address.netloc, **path, "protocol": f"ws{secure}", "description": "The same address."},
        "mqtt": _describe_broker(settings.MQTT_URL or _LOCAL_BROKER),
    }


def _describe_broker(url: str) -> Schema:
    """Describe the operator's broker, without the user and the password that its address has."""
    address = urlsplit(url)
    host = f"[{address.hostname}]" if ":" in (address.hostname or "") else address.hostname
    return {
        "host": f"{host}:{address.port or _MQTT_PORTS[address.scheme]}",
        "protocol": address.scheme,
        "protocolVersion": "5.0",
        "description": "The operator's broker (`MQTT_URL`); without one nothing is published.",
    }


@cache
def _describe_parts() -> Schema:
    """Return what is the same under every address: channels, operations and components."""
    inspector = FrameInspector()
    channels = _build_channels(inspector)
    parts = {
        "channels": {channel.name: channel.describe_channel() for channel in channels},
        "operations": {
            operation.name: operation.describe_operation(channel.name)
            for channel in channels
            for operation in channel.operations
        },
        "components": {
            "messages": {name: message.describe_message() for name, message in _collect_messages(channels).items()},
            "schemas": inspector.list_components(),
        },
    }
    plain: Schema = orjson.loads(orjson.dumps(parts))
    return plain


def _build_channels(inspector: FrameInspector) -> Sequence[Channel]:
    return (
        sockets.build_chat_channel(inspector),
        sockets.build_order_channel(inspector),
        streams.build_stream_channel(inspector),
        socketio.build_socketio_channel(inspector),
        *topics.build_topic_channels(inspector),
        streams.build_webhook_channel(inspector),
    )


def _collect_messages(channels: Sequence[Channel]) -> dict[str, Message]:
    """Return the messages of all channels by the component's name; channels share them where they are the same."""
    collected: dict[str, Message] = {}
    for channel in channels:
        for message in channel.messages.values():
            if collected.setdefault(message.component, message) != message:
                raise ValueError(f"Two messages have the name {message.component}")
    return collected

"""The web sockets of support chat and of an order's events (contract, WebSocket)."""

from collections.abc import Iterable, Mapping
from typing import Final

from petstore.interfaces.asyncapi.events import name_event_key
from petstore.interfaces.asyncapi.examples import find_examples
from petstore.interfaces.asyncapi.parts import WS_BINDING, Channel, Message, Operation, Schema
from petstore.interfaces.asyncapi.schemas import FrameInspector, SerializerClass
from petstore.interfaces.websocket.frames import (
    CLIENT_FRAMES,
    ORDER_CLIENT_FRAMES,
    ORDER_SERVER_FRAMES,
    SERVER_FRAMES,
)
from petstore.settings.addresses import CHAT_SOCKET_PATH, ORDER_SOCKET_PATH

_CLIENT_KEYS: Final[Mapping[str, str]] = {
    "chatMessage": "sendMessage",
    "messageRead": "markRead",
    "typingStarted": "startTyping",
    "typingStopped": "stopTyping",
}
"""The keys of clients' frames whose `type` a frame of the store has, too."""
_TOLD_BY_NAME: Final = frozenset(
    {"LeaveRoom", "MarkRead", "StartTyping", "StopTyping", "Ping", "TypingStarted", "TypingStopped"}
)
"""Messages whose schema leaves `type` open, as the contract has it: their name says what it is."""
_QUERY: Final[Schema] = {
    "token": {
        "type": "string",
        "description": "A bearer token; better sent as a subprotocol, for addresses are logged.",
    },
    "tenantId": {"type": "string", "format": "uuid", "description": "Instead of the header X-Tenant-ID."},
}
_RULES: Final = (
    "One JSON object a frame, at most 16 KiB. A frame at fault is answered by `error`, and the socket stays open; what "
    "ends it is told by `error` and the close code."
)


def build_chat_channel(inspector: FrameInspector) -> Channel:
    """Build the channel of support chat."""
    taken = _build_client_messages(inspector, CLIENT_FRAMES)
    sent = _build_server_messages(inspector, SERVER_FRAMES)
    return Channel(
        name="supportChat",
        address=CHAT_SOCKET_PATH,
        title="Support chat",
        description=f"Customers write to the store, and its staff answer. {_RULES}",
        servers=("ws",),
        messages=taken | sent,
        operations=(
            Operation("receiveChat", "receive", "Take what a participant says or asks for.", list(taken)),
            Operation("sendChat", "send", "Answer a participant, and tell them the news of their rooms.", list(sent)),
        ),
        bindings=_describe_handshake(_QUERY),
    )


def build_order_channel(inspector: FrameInspector) -> Channel:
    """Build the channel of an order's events."""
    last = {"type": "string", "format": "uuid", "description": "The last event that the caller has."}
    taken = _build_client_messages(inspector, ORDER_CLIENT_FRAMES)
    sent = _build_server_messages(inspector, ORDER_SERVER_FRAMES)
    return Channel(
        name="orderEvents",
        address=ORDER_SOCKET_PATH.format(order_id="{orderId}"),
        title="An order's events, live",
        description=f"The order as it is, then its story and what happens to it; then the socket closes. {_RULES}",
        servers=("ws",),
        parameters={"orderId": "The order's id."},
        messages=taken | sent,
        operations=(
            Operation("receiveOrderWatch", "receive", "Take the watcher's token, and their pings.", list(taken)),
            Operation("sendOrderEvents", "send", "Tell an order's story, then what happens to it.", list(sent)),
        ),
        bindings=_describe_handshake({**_QUERY, "lastEventId": last}),
    )


def _build_client_messages(inspector: FrameInspector, frames: Mapping[str, SerializerClass]) -> dict[str, Message]:
    described = ((kind, frame, inspector.describe_input(frame)) for kind, frame in frames.items())
    return dict(_build_messages((_CLIENT_KEYS.get(kind, kind), kind, schema) for kind, _frame, schema in described))


def _build_server_messages(inspector: FrameInspector, frames: Mapping[str, SerializerClass]) -> dict[str, Message]:
    described = ((kind, inspector.describe_output(frame)) for kind, frame in frames.items())
    return dict(_build_messages((name_frame_key(kind), kind, schema) for kind, schema in described))


def name_frame_key(kind: str) -> str:
    """Return the key of a frame of the store: its type, but for events, whose types have a point."""
    return name_event_key(kind) if "." in kind else kind


def _build_messages(described: Iterable[tuple[str, str, Schema]]) -> Iterable[tuple[str, Message]]:
    for key, kind, schema in described:
        component = f"{key[:1].upper()}{key[1:]}" + ("Frame" if "." in kind else "")
        type_schema: Schema = {"type": "string", "examples": [kind]} if component in _TOLD_BY_NAME else {"const": kind}
        summary = schema.pop("description")
        schema["properties"]["type"] = type_schema
        yield key, Message(component, kind, schema, summary, find_examples(component))


def _describe_handshake(query: Schema) -> Schema:
    return {"ws": {"bindingVersion": WS_BINDING, "method": "GET", "query": {"type": "object", "properties": query}}}

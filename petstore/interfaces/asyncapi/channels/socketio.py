"""Support chat over Socket.IO (contract, Socket.IO)."""

from collections.abc import Iterable, Mapping
from typing import Final

from petstore.interfaces.asyncapi.examples import find_examples
from petstore.interfaces.asyncapi.parts import Channel, Message, Operation, Schema
from petstore.interfaces.asyncapi.schemas import FrameInspector
from petstore.interfaces.socketio.events import CLIENT_EVENTS, SERVER_EVENTS

ADDRESS: Final = "/socket.io/"
_CLIENT_KEYS: Final[Mapping[str, str]] = {
    "chatMessage": "sendMessage",
    "messageRead": "markRead",
    "typing": "setTyping",
}
"""The keys of clients' events whose name an event of the store has, too."""
_DESCRIPTION: Final = """\
The default namespace; Engine.IO 4, Socket.IO protocol 5. A message's name is the event's name; its payload the event's
only argument. The handshake's `auth` is `{token, tenantId?}`.

An event of a client is acknowledged with `{ok: true, …}`, or with `{ok: false, error}`, where `error` is a problem:
`joinChat` with `roomId`, `chatMessage` with `roomId`, `messageId` and `sentAt`. Without a callback `error` and
`messageDelivered` come as events.
"""


def build_socketio_channel(inspector: FrameInspector) -> Channel:
    """Build the channel of support chat over Socket.IO."""
    taken = _build_messages(
        (_CLIENT_KEYS.get(name, name), name, inspector.describe_input(kind)) for name, kind in CLIENT_EVENTS.items()
    )
    sent = _build_messages((name, name, inspector.describe_output(kind)) for name, kind in SERVER_EVENTS.items())
    return Channel(
        name="socketIo",
        address=ADDRESS,
        title="Support chat over Socket.IO",
        description=_DESCRIPTION,
        servers=("ws",),
        messages=taken | sent,
        operations=(
            Operation("receiveSocketIo", "receive", "Take what a participant says or asks for.", list(taken)),
            Operation("sendSocketIo", "send", "Tell a participant the news of their rooms.", list(sent)),
        ),
    )


def _build_messages(described: Iterable[tuple[str, str, Schema]]) -> dict[str, Message]:
    messages = {}
    for key, name, schema in described:
        component, summary = f"Sio{key[:1].upper()}{key[1:]}", schema.pop("description")
        messages[key] = Message(component, name, schema, summary, find_examples(component))
    return messages

"""Packets of Engine.IO 4 and Socket.IO 5, by the library's classes, with strict JSON (guarantees, G9)."""

from collections.abc import Container, Iterable
from enum import StrEnum
from typing import Any, Final

from rest_framework.exceptions import ParseError
from socketio import packet

from petstore.interfaces.representation.json_text import parse_strict_json, render_json_bytes

SEPARATOR: Final = "\x1e"
"""Between the packets of a payload (Engine.IO, Payload encoding)."""
MAX_PACKETS: Final = 100
"""Of a payload in; the browsers' library sends what has gathered at once."""
DEFAULT_NAMESPACE: Final = "/"


class EngineType(StrEnum):
    """The first character of a packet of Engine.IO."""

    OPEN = "0"
    CLOSE = "1"
    PING = "2"
    PONG = "3"
    MESSAGE = "4"
    UPGRADE = "5"
    NOOP = "6"


PROBE: Final = EngineType.PING + "probe"
PROBED: Final = EngineType.PONG + "probe"


class MalformedPacket(ValueError):
    """The text is no packet that a client may send."""


class _StrictJSON:
    """A module for JSON, as the library needs it."""

    @staticmethod
    def loads(text: str) -> Any:
        return parse_strict_json(text.encode())

    @staticmethod
    def dumps(value: Any, **_: object) -> str:
        return render_json_bytes(value).decode()


class ChatPacket(packet.Packet):
    """A packet of Socket.IO.

    Attributes:
        fault: why its JSON is not taken; its type, namespace and id are known all the same.
    """

    json = _StrictJSON
    fault: ParseError | None = None

    def decode(self, encoded_packet: str) -> int:
        try:
            return super().decode(encoded_packet) or 0
        except ParseError as error:
            self.fault = error
            return 0

    @property
    def is_binary(self) -> bool:
        """Return whether attachments follow it."""
        return self.packet_type in (packet.BINARY_EVENT, packet.BINARY_ACK)

    @property
    def target_namespace(self) -> str:
        """Return the namespace that it is for."""
        return self.namespace or DEFAULT_NAMESPACE

    def find_name(self, known: Container[str]) -> str:
        """Return the name of an event, `other` where it is none of those that are known."""
        name = self.data[0] if isinstance(self.data, list) and self.data else None
        return name if isinstance(name, str) and name in known else "other"

    def require_event(self) -> tuple[str, list[Any]]:
        """Return the name and the arguments of an event; raises ParseError."""
        if self.fault is not None:
            raise self.fault
        if self.is_binary:
            raise ParseError("Attachments of bytes are not taken.")
        if not isinstance(self.data, list) or not self.data or not isinstance(self.data[0], str):
            raise ParseError("An event is an array that begins with a name.")
        return self.data[0], self.data[1:]


def read_client_packet(text: str) -> ChatPacket:
    """Read a packet of Socket.IO; raises MalformedPacket."""
    if not text:  # the library takes it for none at all
        raise MalformedPacket
    try:
        found = ChatPacket(encoded_packet=text)
    except ValueError as error:
        raise MalformedPacket from error
    if found.packet_type not in range(len(packet.packet_names)):
        raise MalformedPacket
    return found


def render_server_event(name: str, argument: Any) -> str:
    """Return the packet of an event of ours."""
    return _encode_packet(packet.EVENT, [name, argument])


def render_acknowledgement(packet_id: int, argument: Any) -> str:
    """Return the packet that acknowledges an event of a client."""
    return _encode_packet(packet.ACK, [argument], id=packet_id)


def render_connect_packet(session_id: str) -> str:
    """Return the packet that lets a client in."""
    return _encode_packet(packet.CONNECT, {"sid": session_id})


def render_connect_error(namespace: str, slug: str, problem: Any) -> str:
    """Return the packet that refuses to let a client in."""
    return _encode_packet(packet.CONNECT_ERROR, {"message": slug, "data": problem}, namespace=namespace)


def render_disconnect_packet() -> str:
    """Return the packet after which a client does not come again by itself."""
    return _encode_packet(packet.DISCONNECT, None)


def split_payload_packets(payload: str) -> list[str]:
    """Return the packets of Engine.IO that a payload has; raises MalformedPacket."""
    packets = payload.split(SEPARATOR)
    if len(packets) > MAX_PACKETS or not all(packets):
        raise MalformedPacket
    return packets


def join_payload_packets(packets: Iterable[str]) -> str:
    """Return the payload of packets of Engine.IO."""
    return SEPARATOR.join(packets)


def _encode_packet(kind: int, data: Any, **parts: Any) -> str:
    text: str = ChatPacket(kind, data=data, binary=False, **parts).encode()
    return text

"""Frames of web sockets, one class for each: what clients send is read by them, what goes out fits them.

Each channel has two mappings, from a frame's `type` to its class (contract, WebSocket).
"""

from collections.abc import Mapping
from typing import Final

from chat.models import ParticipantRole
from petstore.interfaces.representation.events import (
    OrderStatusChangedOutput,
    PaymentFailedOutput,
    PaymentSucceededOutput,
)
from petstore.interfaces.representation.fields import (
    EnumField,
    IdField,
    TenantIdField,
    TextField,
    TimestampField,
    WholeNumberField,
)
from petstore.interfaces.representation.orders import OrderOutput
from petstore.interfaces.representation.problems import ProblemOutput
from petstore.interfaces.representation.rooms import JoinedRoomOutput, PersonOutput, RoomMessageOutput
from petstore.interfaces.representation.serializers import InputSerializer, OutputSerializer
from petstore.interfaces.rooms.inputs import ClientIdField, JoinRoomInput, MarkReadInput, RoomInput, SendMessageInput
from public_events.event_types import EventType

AUTH: Final = "auth"


class ClientFrame(InputSerializer):
    """A frame of a client."""

    type = TextField()
    id = ClientIdField(required=False, help_text="The client's own; answers name it in `replyTo`.")
    timestamp = TimestampField(required=False, help_text="Taken and ignored; the store's clock counts.")


class AuthFrame(ClientFrame):
    """The first frame of a client whose handshake had no token."""

    token = TextField(allow_blank=True)
    tenantId = IdField(required=False, help_text="Absent: the shared pool.")


class JoinRoomFrame(ClientFrame, JoinRoomInput):
    """Join a room and hear it from now on."""


class LeaveRoomFrame(ClientFrame, RoomInput):
    """Hear a room no more."""


class SendMessageFrame(ClientFrame, SendMessageInput):
    """Send a message; the same `id` again stores nothing."""

    id = ClientIdField(help_text="The client's own; unique among its messages.")


class MarkReadFrame(ClientFrame, MarkReadInput):
    """Say that the room was read, up to and including a message."""


class StartTypingFrame(ClientFrame, RoomInput):
    """Say that one types."""


class StopTypingFrame(ClientFrame, RoomInput):
    """Say that one types no more."""


class PingFrame(ClientFrame):
    """Ask for a `pong`."""


CLIENT_FRAMES: Final[Mapping[str, type[ClientFrame]]] = {
    AUTH: AuthFrame,
    "joinRoom": JoinRoomFrame,
    "leaveRoom": LeaveRoomFrame,
    "chatMessage": SendMessageFrame,
    "messageRead": MarkReadFrame,
    "typingStarted": StartTypingFrame,
    "typingStopped": StopTypingFrame,
    "ping": PingFrame,
}
"""Those of support chat, by their `type`."""
ORDER_CLIENT_FRAMES: Final[Mapping[str, type[ClientFrame]]] = {AUTH: AuthFrame, "ping": PingFrame}
"""Those of order events."""


class ServerFrame(OutputSerializer):
    """A frame of the store."""

    type = TextField()
    id = IdField()
    timestamp = TimestampField()


class ConnectedFrame(ServerFrame):
    """The caller was let in."""

    user = PersonOutput()
    role = EnumField(choices=ParticipantRole.values)
    tenantId = TenantIdField(required=True)
    heartbeatSeconds = WholeNumberField()
    maxFrameBytes = WholeNumberField()


class RoomJoinedFrame(ServerFrame, JoinedRoomOutput):
    """Answers `joinRoom`."""

    replyTo = TextField(allow_null=True)


class ChatMessageFrame(ServerFrame, RoomMessageOutput):
    """A participant wrote in a room; `id` is the message's."""


class MessageDeliveredFrame(ServerFrame):
    """Answers `chatMessage`: the message is stored."""

    replyTo = TextField()
    roomId = IdField()
    messageId = IdField()


class MessageReadFrame(ServerFrame):
    """A participant has read a room, up to and including a message."""

    roomId = IdField()
    messageId = IdField()
    reader = PersonOutput()


class TypingFrame(ServerFrame):
    """A participant types in a room, or does so no more."""

    roomId = IdField()
    sender = PersonOutput()


class TypingStartedFrame(TypingFrame):
    """A participant types in a room."""


class TypingStoppedFrame(TypingFrame):
    """A participant types in a room no more."""


class AgentAssignedFrame(ServerFrame):
    """An agent has the room."""

    roomId = IdField()
    agent = PersonOutput()


class RoomClosedFrame(ServerFrame):
    """The store has closed the room."""

    roomId = IdField()


class PongFrame(ServerFrame):
    """Answers `ping`."""

    replyTo = TextField(allow_null=True)


class ErrorFrame(ServerFrame):
    """A frame is refused, or the caller is."""

    replyTo = TextField(allow_null=True, help_text="The id of the frame at fault.")
    code = TextField(help_text="The problem's slug.")
    message = TextField()
    problem = ProblemOutput()


class WatchingFrame(ServerFrame):
    """The order as it is; its events follow."""

    order = OrderOutput()


class OrderStatusChangedFrame(ServerFrame):
    """An order was placed, or its status changed; `id` is the event's."""

    data = OrderStatusChangedOutput()  # type: ignore[assignment]  # the contract's name, and one of DRF's


class PaymentSucceededFrame(ServerFrame):
    """The order was paid; `id` is the event's."""

    data = PaymentSucceededOutput()  # type: ignore[assignment]  # as above


class PaymentFailedFrame(ServerFrame):
    """A payment of the order failed; `id` is the event's."""

    data = PaymentFailedOutput()  # type: ignore[assignment]  # as above


SERVER_FRAMES: Final[Mapping[str, type[ServerFrame]]] = {
    "connected": ConnectedFrame,
    "roomJoined": RoomJoinedFrame,
    "chatMessage": ChatMessageFrame,
    "messageDelivered": MessageDeliveredFrame,
    "messageRead": MessageReadFrame,
    "typingStarted": TypingStartedFrame,
    "typingStopped": TypingStoppedFrame,
    "agentAssigned": AgentAssignedFrame,
    "roomClosed": RoomClosedFrame,
    "pong": PongFrame,
    "error": ErrorFrame,
}
"""Those of support chat, by their `type`."""
ORDER_SERVER_FRAMES: Final[Mapping[str, type[ServerFrame]]] = {
    "watching": WatchingFrame,
    EventType.ORDER_STATUS_CHANGED.value: OrderStatusChangedFrame,
    EventType.PAYMENT_SUCCEEDED.value: PaymentSucceededFrame,
    EventType.PAYMENT_FAILED.value: PaymentFailedFrame,
    "pong": PongFrame,
    "error": ErrorFrame,
}
"""Those of order events."""

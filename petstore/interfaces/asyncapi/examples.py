"""Examples of frames, by the name of their message's component; tests hold them against the schemas."""

from typing import Any, Final

from petstore.interfaces.rest.openapi.events import DATA_EXAMPLES
from petstore.interfaces.rest.openapi.examples import CHANGED_AT, EVENT_ID, ORDER, USER_ID
from public_events.event_types import EventType

Example = dict[str, Any]

_TOKEN: Final = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZSJ9.c2lnbmF0dXJl"  # noqa: S105  # good nowhere
_ROOM: Final = {"roomId": "019b4150-2c3d-7e4f-8a5b-6c7d8e9f0a1b"}
_READ: Final = {**_ROOM, "messageId": "019b4151-3d4e-7f50-9b6c-7d8e9f0a1b2c"}
_CUSTOMER: Final = {"id": USER_ID, "name": "Alice"}
_AGENT: Final = {"id": "019b4100-0a1b-7c2d-8e3f-405162738495", "name": "Sam"}
_MESSAGE: Final = {
    **_READ,
    "text": "Is Luna still there?",
    "sender": _CUSTOMER,
    "role": "CUSTOMER",
    "sentAt": CHANGED_AT,
}
_TRANSCRIPT: Final = {**_ROOM, "status": "OPEN", "agent": None, "messages": [_MESSAGE], "hasMore": False}
_PROBLEM: Final = {
    "type": "https://petstoreapi.com/errors/validation-error",
    "title": "One or more fields are not valid",
    "status": 400,
    "detail": "text: This field is required.",
    "instance": "/v1/ws/chat",
    "errors": [{"field": "text", "message": "This field is required.", "code": "required"}],
}


def _build_client_frame(kind: str, **members: Any) -> Example:
    return {"type": kind, "id": "c-1", **members}


def _build_server_frame(kind: str, **members: Any) -> Example:
    return {"type": kind, "id": EVENT_ID, "timestamp": CHANGED_AT, **members}


_REFUSED: Final = {"replyTo": "c-1", "code": "validation-error", "message": _PROBLEM["title"], "problem": _PROBLEM}

_FRAMES: Final[dict[str, Example]] = {
    "Auth": _build_client_frame("auth", token=_TOKEN),
    "JoinRoom": _build_client_frame("joinRoom", afterMessageId=_READ["messageId"]),
    "LeaveRoom": _build_client_frame("leaveRoom", **_ROOM),
    "SendMessage": _build_client_frame("chatMessage", **_ROOM, text=_MESSAGE["text"]),
    "MarkRead": _build_client_frame("messageRead", **_READ),
    "StartTyping": _build_client_frame("typingStarted", **_ROOM),
    "StopTyping": _build_client_frame("typingStopped", **_ROOM),
    "Ping": _build_client_frame("ping"),
    "Connected": _build_server_frame(
        "connected", user=_CUSTOMER, role="CUSTOMER", tenantId=None, heartbeatSeconds=20, maxFrameBytes=16384
    ),
    "RoomJoined": _build_server_frame("roomJoined", replyTo="c-1", **_TRANSCRIPT),
    "ChatMessage": _build_server_frame("chatMessage", **_MESSAGE) | {"id": _MESSAGE["messageId"]},
    "MessageDelivered": _build_server_frame("messageDelivered", replyTo="c-1", **_READ),
    "MessageRead": _build_server_frame("messageRead", **_READ, reader=_AGENT),
    "TypingStarted": _build_server_frame("typingStarted", **_ROOM, sender=_AGENT),
    "TypingStopped": _build_server_frame("typingStopped", **_ROOM, sender=_AGENT),
    "AgentAssigned": _build_server_frame("agentAssigned", **_ROOM, agent=_AGENT),
    "RoomClosed": _build_server_frame("roomClosed", **_ROOM),
    "Pong": _build_server_frame("pong", replyTo="c-1"),
    "Error": _build_server_frame("error", **_REFUSED),
    "Watching": _build_server_frame("watching", order=ORDER),
    "OrderStatusChangedFrame": _build_server_frame(
        "order.statusChanged", data=DATA_EXAMPLES[EventType.ORDER_STATUS_CHANGED]
    ),
    "PaymentSucceededFrame": _build_server_frame("payment.succeeded", data=DATA_EXAMPLES[EventType.PAYMENT_SUCCEEDED]),
    "PaymentFailedFrame": _build_server_frame("payment.failed", data=DATA_EXAMPLES[EventType.PAYMENT_FAILED]),
}
_SOCKETIO_EVENTS: Final[dict[str, Example]] = {
    "SioJoinChat": {"afterMessageId": _READ["messageId"]},
    "SioLeaveChat": _ROOM,
    "SioSendMessage": {"id": "c-1", **_ROOM, "text": _MESSAGE["text"]},
    "SioMarkRead": _READ,
    "SioSetTyping": {**_ROOM, "isTyping": True},
    "SioConnected": _TRANSCRIPT,
    "SioChatMessage": _MESSAGE,
    "SioMessageDelivered": {**_READ, "replyTo": "c-1"},
    "SioMessageRead": {**_READ, "reader": _AGENT},
    "SioTyping": {**_ROOM, "isTyping": True, "sender": _AGENT},
    "SioAgentAssigned": {**_ROOM, "agent": _AGENT},
    "SioRoomClosed": _ROOM,
    "SioError": _PROBLEM | {"instance": "/socket.io/"},
}
EXAMPLES: Final[dict[str, Example]] = {
    **_FRAMES,
    **_SOCKETIO_EVENTS,
    "Presence": {"status": "online"},
}


def find_examples(component: str) -> dict[str, Example]:
    """Return the examples of a message, by their names."""
    return {"example": EXAMPLES[component]} if component in EXAMPLES else {}

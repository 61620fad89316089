"""Answers to the events of a client, by its session of support rooms (contract, Socket.IO)."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from kernel import clock
from petstore.interfaces.representation.rooms import represent_joined_room
from petstore.interfaces.rooms.sessions import RoomSession


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer to an event that was done.

    Attributes:
        acknowledgement: beside `ok`.
        receipt: of a message that its sender has named; None of any other event.
        joined: the room that the client has joined.
    """

    acknowledgement: Mapping[str, Any]
    receipt: Mapping[str, Any] | None = None
    joined: Mapping[str, Any] | None = None


async def join_chat_room(session: RoomSession, values: Mapping[str, Any]) -> Answer:
    """Join a room."""
    joined = await session.join_support_room(values.get("roomId"), values.get("afterMessageId"))
    return Answer({"roomId": str(joined.room.id)}, joined=represent_joined_room(joined))


async def leave_chat_room(session: RoomSession, values: Mapping[str, Any]) -> Answer:
    """Hear a room no more."""
    await session.leave_room(values["roomId"])
    return Answer({"roomId": str(values["roomId"])})


async def send_chat_message(session: RoomSession, values: Mapping[str, Any]) -> Answer:
    """Store a message."""
    client_id = values.get("id")
    message = (await session.send_room_message(values.get("roomId"), values["text"], client_id)).message
    stored = {"roomId": str(message.room_id), "messageId": str(message.id)}
    receipt = None if client_id is None else stored | {"replyTo": client_id}
    return Answer(stored | {"sentAt": clock.format_rfc3339(message.sent_at)}, receipt)


async def mark_message_read(session: RoomSession, values: Mapping[str, Any]) -> Answer:
    """Remember what the client's user has read."""
    await session.mark_messages_read(values["roomId"], values["messageId"])
    return Answer({"roomId": str(values["roomId"]), "messageId": str(values["messageId"])})


async def set_chat_typing(session: RoomSession, values: Mapping[str, Any]) -> Answer:
    """Tell the others whether the client's user types."""
    await session.set_typing(values["roomId"], is_typing=values["isTyping"])
    return Answer({"roomId": str(values["roomId"])})


ANSWERS: Final[Mapping[str, Callable[[RoomSession, Mapping[str, Any]], Awaitable[Answer]]]] = {
    "joinChat": join_chat_room,
    "leaveChat": leave_chat_room,
    "chatMessage": send_chat_message,
    "messageRead": mark_message_read,
    "typing": set_chat_typing,
}

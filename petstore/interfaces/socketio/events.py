"""Events of Socket.IO, in and out: what is read goes through these, what is sent fits them (contract, Socket.IO)."""

from collections.abc import Mapping
from typing import Any, Final

from kernel.errors import Invalid
from petstore.interfaces.live.rooms import AgentAssigned, MessageRead, MessageSent, RoomClosed, RoomNews, Typing
from petstore.interfaces.representation.fields import FlagField, IdField, TextField
from petstore.interfaces.representation.problems import ProblemOutput
from petstore.interfaces.representation.rooms import (
    JoinedRoomOutput,
    PersonOutput,
    RoomMessageOutput,
    represent_person,
    represent_room_message,
)
from petstore.interfaces.representation.serializers import InputSerializer, OutputSerializer
from petstore.interfaces.rooms.inputs import (
    ClientIdField,
    JoinRoomInput,
    MarkReadInput,
    RoomInput,
    SendMessageInput,
    SetTypingInput,
)


class NamedMessageInput(SendMessageInput):
    """A message to be stored, which its sender may name."""

    id = ClientIdField(required=False, help_text="The client's own; the same id again in a room stores nothing.")


class MessageDeliveredOutput(OutputSerializer):
    """A message is stored; for who named it and wants no acknowledgement."""

    roomId = IdField()
    messageId = IdField()
    replyTo = TextField(help_text="The id that the client gave.")


class MessageReadOutput(OutputSerializer):
    """A participant has read a room up to a message."""

    roomId = IdField()
    messageId = IdField()
    reader = PersonOutput()


class TypingOutput(OutputSerializer):
    """A participant types, or does so no more."""

    roomId = IdField()
    isTyping = FlagField()
    sender = PersonOutput()


class AgentAssignedOutput(OutputSerializer):
    """An agent has the room now."""

    roomId = IdField()
    agent = PersonOutput()


class RoomClosedOutput(OutputSerializer):
    """The store has closed the room."""

    roomId = IdField()


CLIENT_EVENTS: Final[Mapping[str, type[InputSerializer]]] = {
    "joinChat": JoinRoomInput,
    "leaveChat": RoomInput,
    "chatMessage": NamedMessageInput,
    "messageRead": MarkReadInput,
    "typing": SetTypingInput,
}
"""The argument of each event of a client."""

SERVER_EVENTS: Final[Mapping[str, type[OutputSerializer]]] = {
    "connected": JoinedRoomOutput,
    "chatMessage": RoomMessageOutput,
    "messageDelivered": MessageDeliveredOutput,
    "messageRead": MessageReadOutput,
    "typing": TypingOutput,
    "agentAssigned": AgentAssignedOutput,
    "roomClosed": RoomClosedOutput,
    "error": ProblemOutput,
}
"""The argument of each event of ours."""


def read_event_argument(name: str, arguments: list[Any]) -> dict[str, Any]:
    """Return the checked values of a client's event.

    Raises:
        Invalid: there is no such event, or it has not one argument.
        ValidationError
    """
    if name not in CLIENT_EVENTS:
        raise Invalid.for_field("event", "There is no such event.", "unknown_event")
    if len(arguments) != 1:
        raise Invalid.for_field("event", "An event has one object and no more.", "invalid")
    return CLIENT_EVENTS[name].validate_request_body(arguments[0])


def represent_room_news(news: RoomNews) -> tuple[str, dict[str, Any]]:
    """Return the name and the argument of the event that tells a client the news of a room."""
    room = {"roomId": str(news.room_id)}
    match news:
        case MessageSent():
            return "chatMessage", represent_room_message(news.message)
        case AgentAssigned():
            return "agentAssigned", room | {"agent": represent_person(news.agent)}
        case MessageRead():
            seen = {"messageId": str(news.message_id), "reader": represent_person(news.reader)}
            return "messageRead", room | seen
        case RoomClosed():
            return "roomClosed", room
        case Typing():
            return "typing", room | {"isTyping": news.is_typing, "sender": represent_person(news.sender)}

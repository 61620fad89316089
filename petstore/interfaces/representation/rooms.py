"""Support rooms as every protocol shows them (contract, Rooms)."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from chat.models import MAX_TEXT, ParticipantRole, Room, RoomMessage
from chat.rooms.participants import Person
from chat.rooms.queries import PAGE
from chat.services.rooms import JoinedRoom
from kernel import clock
from petstore.interfaces.representation.fields import (
    BoundedListField,
    EnumField,
    FlagField,
    IdField,
    TextField,
    TimestampField,
)
from petstore.interfaces.representation.serializers import OutputSerializer

ERASED_TEXT = "[erased]"
"""Stands for the text of somebody who is erased: a message is never empty."""


class PersonOutput(OutputSerializer):
    """A participant of a room, as the others see them."""

    id = IdField()
    name = TextField(allow_blank=True, help_text="The first name.")

    class Meta:
        ref_name = "Person"


class RoomMessageOutput(OutputSerializer):
    """A message of a room."""

    roomId = IdField()
    messageId = IdField()
    text = TextField(min_length=1, max_length=MAX_TEXT, help_text="Plain text; never markup.")
    sender = PersonOutput()
    role = EnumField(choices=ParticipantRole.values)
    sentAt = TimestampField()

    class Meta:
        ref_name = "Message"


class JoinedRoomOutput(OutputSerializer):
    """A room as somebody joins it."""

    roomId = IdField()
    status = EnumField(choices=Room.Status.values)
    agent = PersonOutput(allow_null=True)
    messages = BoundedListField(child=RoomMessageOutput(), max_length=PAGE)
    hasMore = FlagField(help_text="Join again with afterMessageId of the last one.")

    class Meta:
        ref_name = "JoinedRoom"


def represent_person(person: Person) -> dict[str, Any]:
    """Represent a participant."""
    return {"id": str(person.id), "name": person.name}


def represent_room_message(message: RoomMessage) -> dict[str, Any]:
    """Represent a message of a room."""
    return {
        "roomId": str(message.room_id),
        "messageId": str(message.id),
        "text": message.text or ERASED_TEXT,
        "sender": represent_person(Person(message.sender_id, message.sender_name)),
        "role": str(message.role),
        "sentAt": clock.format_rfc3339(message.sent_at),
    }


def represent_joined_room(joined: JoinedRoom) -> dict[str, Any]:
    """Represent a room as somebody joins it."""
    room = joined.room
    return {
        "roomId": str(room.id),
        "status": str(room.status),
        "agent": represent_agent(room.agent_id, room.agent_name),
        "messages": [represent_room_message(message) for message in joined.transcript.messages],
        "hasMore": joined.transcript.has_more,
    }


def represent_agent(agent_id: UUID | None, name: str) -> Mapping[str, Any] | None:
    """Represent a room's agent; None where nobody has it."""
    return None if agent_id is None else represent_person(Person(agent_id, name))

"""Fields of what clients of support rooms send, whatever their protocol (contract, Rooms)."""

from chat.models import MAX_TEXT
from petstore.interfaces.representation.fields import FlagField, IdField, TextField
from petstore.interfaces.representation.serializers import InputSerializer


class JoinRoomInput(InputSerializer):
    """The room to join, and the message that the caller has already."""

    roomId = IdField(required=False, help_text="Absent: the caller's open room, or a new one.")
    afterMessageId = IdField(required=False, help_text="What the caller has already.")


class RoomInput(InputSerializer):
    """A room."""

    roomId = IdField()


class SendMessageInput(InputSerializer):
    """A message to be stored."""

    roomId = IdField(required=False)
    text = TextField(min_length=1, max_length=MAX_TEXT, help_text="Plain text; never markup.")


class MarkReadInput(RoomInput):
    """The newest message of a room that the caller has read."""

    messageId = IdField()


class SetTypingInput(RoomInput):
    """Whether the caller types in a room."""

    isTyping = FlagField()

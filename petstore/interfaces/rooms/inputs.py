"""Fields of what clients of support rooms send, whatever their protocol (contract, Rooms)."""

import re
from typing import Any, ClassVar, Final
from uuid import UUID

from drf_spectacular.utils import extend_schema_field

from chat.models import MAX_TEXT
from chat.services.room_messages import CLIENT_ID_PATTERN
from kernel import ids
from petstore.interfaces.representation.fields import FlagField, IdField, TextField
from petstore.interfaces.representation.serializers import InputSerializer

NO_ROWS_ID: Final = UUID(int=0)
"""An id that neither a room nor a message has."""
_CLIENT_ID: Final = re.compile(CLIENT_ID_PATTERN.replace("$", r"\Z"))


@extend_schema_field({"type": "string", "pattern": CLIENT_ID_PATTERN})
class ClientIdField(TextField):
    """A client's own id of what it sends."""

    default_error_messages: ClassVar[dict[str, Any]] = {"invalid": "Give 1 to 64 visible ASCII characters."}

    def to_internal_value(self, data: Any) -> str:
        if not is_client_id(data):
            self.fail("invalid")
        return str(data)


def is_client_id(value: object) -> bool:
    """Return whether a value is 1 to 64 visible ASCII characters."""
    return isinstance(value, str) and _CLIENT_ID.match(value) is not None


class RowIdField(IdField):
    """The id of a room or message to read or change; what is no UUID is that of none (contract, Ids and time)."""

    def to_internal_value(self, data: Any) -> UUID:
        is_of_none = isinstance(data, str) and ids.parse_id(data) is None
        return NO_ROWS_ID if is_of_none else super().to_internal_value(data)


class JoinRoomInput(InputSerializer):
    """The room to join, and the message that the caller has already."""

    roomId = RowIdField(required=False, help_text="Absent: the caller's open room, or a new one.")
    afterMessageId = RowIdField(required=False, help_text="What the caller has already.")


class RoomInput(InputSerializer):
    """A room."""

    roomId = RowIdField()


class SendMessageInput(InputSerializer):
    """A message to be stored."""

    roomId = RowIdField(required=False)
    text = TextField(min_length=1, max_length=MAX_TEXT, help_text="Plain text; never markup.")


class MarkReadInput(RoomInput):
    """The newest message of a room that the caller has read."""

    messageId = RowIdField()


class SetTypingInput(RoomInput):
    """Whether the caller types in a room."""

    isTyping = FlagField()

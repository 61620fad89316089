"""Messages in support rooms, written by the use case."""

from uuid import UUID, uuid4

from accounts.models import User
from chat.models import RoomMessage
from chat.rooms.participants import find_participant
from chat.services.room_messages import send_room_message
from tenants.scoping import tenant_scope
from tests.factories import acting


def write_in_room(
    user: User, text: str, *, room_id: UUID | None = None, at: UUID | None = None, client_id: str = ""
) -> RoomMessage:
    """Send a message as somebody, at their home or in another tenant."""
    actor = acting(user)
    with tenant_scope(at or user.tenant_id):
        sender = find_participant(actor=actor).person
        sent = send_room_message(
            text=text, sender=sender, actor=actor, room_id=room_id, client_id=client_id or f"c-{uuid4()}"
        )
        sent.message.room.refresh_from_db()
    return sent.message

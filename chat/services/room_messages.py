"""Write in support rooms, and mark what was read (contract, Rooms)."""

import re
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from chat.models import MAX_TEXT, Room, RoomMessage, RoomReading
from chat.rooms.announcements import announce_after_commit
from chat.rooms.errors import RoomClosed
from chat.rooms.participants import Person, require_answering, require_user_id, role_of_actor
from chat.rooms.queries import get_room, get_room_message
from chat.services.customer_rooms import open_customer_room
from chat.services.rooms import give_room_to, lock_room, require_named_room, save_next_change
from database import build_row, compiled_query, compiled_update, unit_of_work
from kernel import clock, ids
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor
from kernel.constraints import violates_constraint
from kernel.errors import Invalid
from kernel.text import find_text_fault

CLIENT_ID_PATTERN: Final = r"^[\x21-\x7e]{1,64}$"
"""Of a sender's own id of a message: 1 to 64 visible ASCII characters (contract, Rooms)."""
_CLIENT_ID: Final = re.compile(CLIENT_ID_PATTERN.replace("$", r"\Z"))
_SENT_BEFORE: Final = ("room_message_once", "chat_roommessage.client_id")
"""Constraints of a message that the same sender has stored in the room before."""


class SentMessage(NamedTuple):
    """A message that is stored.

    Attributes:
        is_new: False where the same sender had stored it in this room before.
    """

    message: RoomMessage
    is_new: bool


@requires_access(TokenScope.WRITE_CHAT)
def send_room_message(
    *, text: str, client_id: str, sender: Person, actor: Actor, room_id: UUID | None = None
) -> SentMessage:
    """Store a message in a room, once for each room, sender and `client_id`, however often it is sent.

    The first agent who writes in a room has it.

    Args:
        text: 1 to 4000 characters of plain text.
        client_id: the sender's own id of the message.
        sender: the actor as the others see them (`chat.rooms.participants.find_participant`).
        room_id: None for the customer's newest open room, or a new one; an id that nobody has opens the customer's
            room of that id. An agent has to name a room.

    Raises:
        LoginRequired, TooManyOpenRooms
        Forbidden: the group of this member of the staff may only look.
        Invalid: the text or the id is not valid; an agent names no room.
        RoomNotFound: it is not in this scope, or another customer's.
        RoomClosed
    """
    require_user_id(actor)
    require_answering(actor)
    check_message_text(text)
    if not _CLIENT_ID.match(client_id):
        raise Invalid.for_field("id", "Give 1 to 64 visible ASCII characters.", "invalid")
    if room_id is not None:
        return _store_message(room_id, text, client_id, sender, actor)
    require_named_room(actor)
    try:
        return _store_message(open_customer_room(actor=actor).id, text, client_id, sender, actor)
    except RoomClosed:  # by staff, a moment ago: who names no room has another one
        return _store_message(open_customer_room(actor=actor).id, text, client_id, sender, actor)


def check_message_text(text: str) -> None:
    """Raise Invalid where a text is none that a message may have."""
    if not text.strip():
        raise Invalid.for_field("text", "This field may not be blank.", "blank")
    if len(text) > MAX_TEXT:
        raise Invalid.for_field("text", f"Ensure this field has no more than {MAX_TEXT} characters.", "max_length")
    fault = find_text_fault("text", text)
    if fault is not None:
        raise Invalid(faults=(fault,))


@requires_access(TokenScope.WRITE_CHAT)
def mark_messages_read(*, room_id: UUID, message_id: UUID, reader: Person, actor: Actor) -> bool:
    """Remember that somebody has read a room up to a message; returns whether that is news.

    Raises:
        LoginRequired, RoomNotFound, RoomMessageNotFound
        Forbidden: the group of this member of the staff may only look.
    """
    reader_id = require_user_id(actor)
    require_answering(actor)
    message = get_room_message(get_room(room_id, actor=actor), message_id)
    with transaction.atomic():
        room = lock_room(room_id, actor=actor)
        reading = RoomReading.objects.filter(room=room, reader_id=reader_id).first()
        if reading is None:
            reading = RoomReading(room=room, reader_id=reader_id, reader_name=reader.name)
        elif reading.message_number >= message.number:
            return False
        save_next_change(room, {})
        reading.message_id, reading.message_number, reading.number = message.id, message.number, room.number
        reading.save()
    return True


@requires_access(TokenScope.WRITE_CHAT)
def get_writable_room(*, room_id: UUID, actor: Actor) -> Room:
    """Return a room in which the actor may write, and so tell the others that they type; that is not stored.

    Raises:
        LoginRequired, RoomNotFound
        Forbidden: the group of this member of the staff may only look.
    """
    room = get_room(room_id, actor=actor)
    require_answering(actor)
    return room


def _store_message(room_id: UUID, text: str, client_id: str, sender: Person, actor: Actor) -> SentMessage:
    message = build_row(
        RoomMessage,
        id=ids.new_id(),
        room_id=room_id,
        number=F("number"),
        sender_id=require_user_id(actor),
        sender_name=sender.name,
        role=role_of_actor(actor).value,
        client_id=client_id,
        text=text,
        sent_at=clock.now(),
    )
    try:
        is_new = _append_message(message, actor) or _append_in_lock(message, actor)
    except IntegrityError as error:
        if not violates_constraint(error, *_SENT_BEFORE):
            raise
        is_new = False
    if is_new:
        announce_after_commit(room_id)
        return SentMessage(message, is_new=True)
    return SentMessage(_select_sent_message(room_id, message.sender_id, client_id).get(), is_new=False)


def _append_message(message: RoomMessage, actor: Actor) -> bool:
    """Store a message as the next change of its room, in one statement; return whether the room takes it like that."""
    with unit_of_work() as unit:
        if actor.is_staff:
            unit.update(_next_change_by_agent(message.room_id, message.sent_at))
        else:
            unit.update(_next_change_by_customer(message.room_id, message.sender_id, message.sent_at))
        unit.insert(message)
    return unit.is_written


def _append_in_lock(message: RoomMessage, actor: Actor) -> bool:
    """Store a message where the room has first to be opened or given to the agent; False where it was stored before."""
    with transaction.atomic():
        if not actor.is_staff:
            open_customer_room(room_id=message.room_id, actor=actor)
        room = lock_room(message.room_id, actor=actor)
        if _select_sent_message(room.id, message.sender_id, message.client_id).first() is not None:
            return False
        if not room.is_open:
            raise RoomClosed
        if actor.is_staff and room.agent_id is None:
            give_room_to(room, Person(message.sender_id, message.sender_name), actor, message.sent_at)
        return _append_message(message, actor)


@compiled_update
def _next_change_by_customer(
    room_id: UUID, customer_id: UUID, at: datetime
) -> tuple[QuerySet[Any, Room], dict[str, Any]]:
    room = Room.objects.filter(pk=room_id, customer_id=customer_id, status=Room.Status.OPEN)
    waiting_since = Coalesce(F("waiting_since"), Value(at, output_field=Room._meta.get_field("waiting_since")))
    return room, {"number": F("number") + 1, "last_message_at": at, "waiting_since": waiting_since}


@compiled_update
def _next_change_by_agent(room_id: UUID, at: datetime) -> tuple[QuerySet[Any, Room], dict[str, Any]]:
    room = Room.objects.filter(pk=room_id, status=Room.Status.OPEN, agent_id__isnull=False)
    return room, {"number": F("number") + 1, "last_message_at": at, "waiting_since": None}


@compiled_query
def _select_sent_message(room_id: UUID, sender_id: UUID, client_id: str) -> QuerySet[Any, RoomMessage]:
    return RoomMessage.objects.filter(room_id=room_id, sender_id=sender_id, client_id=client_id).order_by()

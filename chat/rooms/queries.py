"""Reads of rooms, with the rule of who may see which: their customer, and the staff of the tenant."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import F, QuerySet

from chat.models import Room, RoomMessage, RoomReading
from chat.rooms.errors import RoomMessageNotFound, RoomNotFound
from chat.rooms.participants import require_user_id
from database import compiled_query
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor

PAGE = 50
"""Messages that are read at a time (contract, WebSocket)."""


class Transcript(NamedTuple):
    """A part of a room's messages, oldest first.

    Attributes:
        has_more: there are more after the last one of these.
        number: of the newest change of the room that is in it; the changes above it follow.
    """

    messages: Sequence[RoomMessage]
    has_more: bool
    number: int


@requires_access(TokenScope.WRITE_CHAT)
def get_room(room_id: UUID, *, actor: Actor) -> Room:
    """Return a room that the actor may see.

    Raises:
        LoginRequired
        RoomNotFound: it is not in this scope, or another customer's.
    """
    require_user_id(actor)
    room = _select_room(room_id).first()
    if room is None or not can_see_room(room, actor=actor):
        raise RoomNotFound
    return room


def can_see_room(room: Room, *, actor: Actor) -> bool:
    """Return whether the actor may see a room of the scope."""
    return actor.is_staff or room.customer_id == actor.user_id


def find_newest_open_room(customer_id: UUID) -> Room | None:
    """Return the customer's newest open room, if there is one."""
    return _select_open_rooms(customer_id).first()


def count_open_rooms(customer_id: UUID) -> int:
    """Count the customer's open rooms."""
    return _select_open_rooms(customer_id).count()


def read_transcript(room: Room, *, after_message_id: UUID | None = None) -> Transcript:
    """Return the newest messages of a room as it was read, or those that follow one.

    Raises:
        RoomMessageNotFound: the room has no message of this id.
    """
    if after_message_id is None:
        newest = list(_select_newest_messages(room.id, room.number, limit=PAGE))
        return Transcript(newest[::-1], has_more=False, number=room.number)
    after = get_room_message(room, after_message_id).number
    found = list(_select_messages_after(room.id, after, room.number, limit=PAGE + 1))
    page, has_more = found[:PAGE], len(found) > PAGE
    return Transcript(page, has_more, page[-1].number if has_more else room.number)


def get_room_message(room: Room, message_id: UUID) -> RoomMessage:
    """Return a message of a room; raises RoomMessageNotFound."""
    message = _select_message(message_id).first()
    if message is None or message.room_id != room.id:
        raise RoomMessageNotFound
    return message


class RoomChanges(NamedTuple):
    """What has changed in a room above a number; the parts keep the numbers of their changes.

    Attributes:
        room: as it is now.
    """

    room: Room
    messages: Sequence[RoomMessage]
    readings: Sequence[RoomReading]


def find_changed_rooms(known: Collection[tuple[UUID, int]]) -> list[Room]:
    """Return those rooms of the scope whose newest change has a higher number than the one that is known.

    Args:
        known: rooms with the number up to which their changes are known.
    """
    numbers = dict(known)
    rooms = Room.objects.filter(pk__in=list(numbers)).order_by()
    return [room for room in rooms if room.number > numbers[room.id]]


def read_room_changes(rooms: Sequence[Room], known: Collection[tuple[UUID, int]]) -> list[RoomChanges]:
    """Return the changes of rooms above the numbers that are known, by two queries for all of them.

    A room whose changes are above `room.number` already is read again soon: nothing above it is returned.
    """
    if not rooms:
        return []
    numbers = dict(known)
    lowest = min(numbers[room.id] for room in rooms)
    of_rooms = {"room__in": [room.id for room in rooms], "number__gt": lowest}
    messages = list(RoomMessage.objects.filter(**of_rooms).order_by("number"))
    readings = list(RoomReading.objects.filter(**of_rooms).order_by("number"))
    return [
        RoomChanges(
            room,
            [row for row in messages if row.room_id == room.id and numbers[room.id] < row.number <= room.number],
            [row for row in readings if row.room_id == room.id and numbers[room.id] < row.number <= room.number],
        )
        for room in rooms
    ]


def list_rooms_by_urgency() -> QuerySet[Room]:
    """Return the rooms of the scope: those that wait first, the longest wait at the top; then the newest."""
    return Room.objects.order_by(F("waiting_since").asc(nulls_last=True), "-created_at", "-id")


def count_waiting_rooms() -> int:
    """Count the rooms of the scope whose customer waits for an answer."""
    return Room.objects.filter(waiting_since__isnull=False).order_by().count()


def find_longest_wait() -> datetime | None:
    """Return since when the customer who waits the longest has waited; None where nobody waits."""
    found: datetime | None = (
        Room.objects.filter(waiting_since__isnull=False)
        .order_by("waiting_since")
        .values_list("waiting_since", flat=True)
        .first()
    )
    return found


@compiled_query
def _select_room(room_id: UUID) -> QuerySet[Any, Room]:
    return Room.objects.filter(pk=room_id).order_by()


@compiled_query
def _select_open_rooms(customer_id: UUID) -> QuerySet[Any, Room]:
    return Room.objects.filter(customer_id=customer_id, status=Room.Status.OPEN).order_by("-created_at", "-id")


@compiled_query
def _select_newest_messages(room_id: UUID, up_to: int, *, limit: int) -> QuerySet[Any, RoomMessage]:
    return RoomMessage.objects.filter(room_id=room_id, number__lte=up_to).order_by("-number")[:limit]


@compiled_query
def _select_messages_after(room_id: UUID, after: int, up_to: int, *, limit: int) -> QuerySet[Any, RoomMessage]:
    return RoomMessage.objects.filter(room_id=room_id, number__gt=after, number__lte=up_to).order_by("number")[:limit]


@compiled_query
def _select_message(message_id: UUID) -> QuerySet[Any, RoomMessage]:
    return RoomMessage.objects.filter(pk=message_id).order_by()

"""Reads of rooms, with the rule of who may see which: their customer, and the staff of the tenant."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, Final, NamedTuple, TypeVar
from uuid import UUID

from django.db.models import F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Left

from chat.models import Room, RoomMessage, RoomReading
from chat.rooms.errors import RoomMessageNotFound, RoomNotFound
from chat.rooms.participants import require_user_id
from database import compiled_query
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor

PAGE = 50
"""Messages that are read at a time (contract, WebSocket)."""
READ_WHOLE: Final = 50
"""Rooms that are looked at: of more, first the numbers alone are read."""
LOOKED_AT_ONCE: Final = 1000
READ_AT_ONCE: Final = 200
"""Rooms whose changes are read by the same queries."""
NEAR_NUMBERS: Final = 20
"""Changes of a room that may be read in vain, to have one condition for many rooms."""
_T = TypeVar("_T")
EXCERPT = 160
"""Characters of a room's newest message that a list shows."""
URGENCY = (F("waiting_since").asc(nulls_last=True), "-created_at", "-id")
"""The order of a list of rooms: whoever waits the longest first, then the newest rooms."""


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
    """The changes of a room above a number; the parts keep the numbers of their changes.

    Attributes:
        room: as it is now.
        above: the number.
    """

    room: Room
    above: int
    messages: list[RoomMessage]
    readings: list[RoomReading]


def read_changes_of_room(room_id: UUID, above: int) -> RoomChanges | None:
    """Return what has changed in one room of the scope above a number; None where nothing has."""
    room = _select_room(room_id).first()
    if room is None or room.number <= above:
        return None
    messages = list(_select_messages_within(room_id, above, room.number))
    readings = list(_select_readings_within(room_id, above, room.number))
    return RoomChanges(room, above, messages, readings)


def find_changed_rooms(known: Collection[tuple[UUID, int]]) -> list[Room]:
    """Return those rooms of the scope whose newest change has a higher number than the one that is known.

    Args:
        known: rooms with the number up to which their changes are known; of many only the numbers are read at first.
    """
    numbers = dict(known)
    room_ids = list(numbers)
    if len(room_ids) > READ_WHOLE:
        room_ids = [
            room_id
            for chunk in _split_into_chunks(room_ids, LOOKED_AT_ONCE)
            for room_id, number in Room.objects.filter(pk__in=chunk).order_by().values_list("id", "number")
            if number > numbers[room_id]
        ]
    rooms = (
        room
        for chunk in _split_into_chunks(room_ids, LOOKED_AT_ONCE)
        for room in Room.objects.filter(pk__in=chunk).order_by()
    )
    return [room for room in rooms if room.number > numbers[room.id]]


def read_room_changes(rooms: Sequence[Room], known: Collection[tuple[UUID, int]]) -> list[RoomChanges]:
    """Return the changes of rooms above the numbers that are known, by two queries for a good many of them.

    A room whose changes are above `room.number` already is read again soon: nothing above it is returned.
    """
    numbers = dict(known)
    return [
        changes
        for chunk in _split_into_chunks(rooms, READ_AT_ONCE)
        for changes in _read_changes_at_once(chunk, {room.id: numbers[room.id] for room in chunk})
    ]


def _read_changes_at_once(rooms: Sequence[Room], numbers: Mapping[UUID, int]) -> list[RoomChanges]:
    are_above = _are_above(numbers)
    found = {room.id: RoomChanges(room, numbers[room.id], [], []) for room in rooms}
    for message in RoomMessage.objects.filter(are_above).order_by("number"):
        if _is_within(found[message.room_id], message.number):
            found[message.room_id].messages.append(message)
    for reading in RoomReading.objects.filter(are_above).order_by("number"):
        if _is_within(found[reading.room_id], reading.number):
            found[reading.room_id].readings.append(reading)
    return list(found.values())


def _is_within(changes: RoomChanges, number: int) -> bool:
    return changes.above < number <= changes.room.number


def _are_above(numbers: Mapping[UUID, int]) -> Q:
    """Select the changes above a number for each room, and few others: rooms with near numbers share a condition."""
    are_above = Q()
    group: list[UUID] = []
    lowest = 0
    for room_id, number in sorted(numbers.items(), key=itemgetter(1)):
        if group and number > lowest + NEAR_NUMBERS:
            are_above |= Q(room__in=group, number__gt=lowest)
            group = []
        if not group:
            lowest = number
        group.append(room_id)
    return are_above | Q(room__in=group, number__gt=lowest)


def _split_into_chunks(items: Sequence[_T], size: int) -> Iterator[Sequence[_T]]:
    for start in range(0, len(items), size):
        yield items[start : start + size]


class TranscriptPart(NamedTuple):
    """Some messages of a room that follow one another, oldest first.

    Attributes:
        has_earlier: there are messages before the first one of these.
    """

    messages: Sequence[RoomMessage]
    has_earlier: bool


def read_transcript_part(room: Room, *, up_to: int | None = None) -> TranscriptPart:
    """Return the newest messages of a room as it was read.

    Args:
        up_to: the number of the last message that is wanted; None for the newest one.
    """
    last = room.number if up_to is None else min(up_to, room.number)
    newest = list(_select_newest_messages(room.id, last, limit=PAGE + 1))
    return TranscriptPart(newest[:PAGE][::-1], has_earlier=len(newest) > PAGE)


def find_read_number(room: Room, reader_id: UUID) -> int:
    """Return the number of the newest message that somebody has read in a room; 0 for none."""
    reading = _select_reading(room.id, reader_id).first()
    return reading.message_number if reading else 0


def list_rooms_by_urgency() -> QuerySet[Room]:
    """Return the rooms of the scope: those that wait first, the longest wait at the top; then the newest."""
    return Room.objects.order_by(*URGENCY)


def annotate_last_messages(rooms: QuerySet[Room]) -> QuerySet[Room]:
    """Add the beginning of each room's newest message as `last_text`, and its sender's role as `last_role`."""
    newest = RoomMessage.objects.filter(tenant_id=OuterRef("tenant_id"), room_id=OuterRef("pk")).order_by("-number")
    return rooms.annotate(
        last_text=Subquery(newest.annotate(start=Left("text", EXCERPT)).values("start")[:1]),
        last_role=Subquery(newest.values("role")[:1]),
    )


def filter_waiting_rooms(rooms: QuerySet[Room]) -> QuerySet[Room]:
    """Return those rooms whose customer waits for an answer."""
    return rooms.filter(waiting_since__isnull=False)


def find_longest_wait() -> datetime | None:
    """Return since when the customer who waits the longest has waited; None where nobody waits."""
    found: datetime | None = (
        filter_waiting_rooms(Room.objects.all())
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
def _select_messages_within(room_id: UUID, above: int, up_to: int) -> QuerySet[Any, RoomMessage]:
    return RoomMessage.objects.filter(room_id=room_id, number__gt=above, number__lte=up_to).order_by("number")


@compiled_query
def _select_readings_within(room_id: UUID, above: int, up_to: int) -> QuerySet[Any, RoomReading]:
    return RoomReading.objects.filter(room_id=room_id, number__gt=above, number__lte=up_to).order_by("number")


@compiled_query
def _select_message(message_id: UUID) -> QuerySet[Any, RoomMessage]:
    return RoomMessage.objects.filter(pk=message_id).order_by()


@compiled_query
def _select_reading(room_id: UUID, reader_id: UUID) -> QuerySet[Any, RoomReading]:
    return RoomReading.objects.filter(room_id=room_id, reader_id=reader_id).order_by()

"""Join, assign and close support rooms (contract, Rooms)."""

from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from chat.models import Room
from chat.rooms.announcements import announce_after_commit
from chat.rooms.errors import RoomClosed, RoomNotFound
from chat.rooms.participants import Person, find_participant, may_answer, require_user_id
from chat.rooms.queries import Transcript, can_see_room, get_room, read_transcript
from chat.services.customer_rooms import open_customer_room
from database import compiled_query
from events.models import Action, EntityType
from events.services import record_event
from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission, Role
from kernel.errors import Invalid
from tenants.transactions import begin_wide_transaction


class JoinedRoom(NamedTuple):
    """A room as it was when somebody joined it."""

    room: Room
    transcript: Transcript


@requires_access(TokenScope.WRITE_CHAT)
def join_support_room(*, actor: Actor, room_id: UUID | None = None, after_message_id: UUID | None = None) -> JoinedRoom:
    """Join a room: its newest messages, or those after one. The first agent who joins an open room has it.

    Args:
        room_id: None for the customer's newest open room, or a new one; an agent has to name one.

    Raises:
        LoginRequired, TooManyOpenRooms
        Invalid: an agent names no room.
        RoomNotFound: it is not in this scope, or another customer's.
        RoomMessageNotFound: the room has no message of this id.
    """
    with _begin_change_by(actor):  # who names a message that is none neither opens a room nor has it assigned
        if room_id is None:
            require_named_room(actor)
            room = open_customer_room(actor=actor)
        else:
            room = get_room(room_id, actor=actor)
        if actor.is_staff and room.is_open and room.agent_id is None and may_answer(actor):
            room = _assign_if_free(room.id, actor)
        return JoinedRoom(room, read_transcript(room, after_message_id=after_message_id))


def _begin_change_by(actor: Actor) -> AbstractContextManager[None]:
    """Begin the transaction of a change in which the name of staff is read, whose home may be another tenant."""
    if actor.is_staff:
        return begin_wide_transaction(reason="staff may have another home than the room's tenant")
    return transaction.atomic()


def require_named_room(actor: Actor) -> None:
    """Raise Invalid for staff, who have to say which customer's room they mean."""
    if actor.is_staff:
        raise Invalid.for_field("room_id", "This field is required.", "required")


@requires_access(TokenScope.WRITE_CHAT, least_role=Role.STAFF)
def assign_room_to_actor(*, room_id: UUID, actor: Actor) -> Room:
    """Give an open room to the actor, whoever had it before; nothing happens where they have it.

    Raises:
        LoginRequired, Forbidden, RoomNotFound, RoomClosed
    """
    actor.require_permission(Permission.CHANGE_ROOMS)
    agent_id = require_user_id(actor)
    with _begin_change_by(actor):
        room = lock_room(room_id, actor=actor)
        if not room.is_open:
            raise RoomClosed
        if room.agent_id != agent_id:
            give_room_to(room, find_participant(actor=actor).person, actor, clock.now())
    return room


@requires_access(TokenScope.WRITE_CHAT, least_role=Role.STAFF)
def close_support_room(*, room_id: UUID, actor: Actor) -> Room:
    """Close a room: nobody writes in it any more. Nothing happens where it is closed.

    Raises:
        LoginRequired, Forbidden, RoomNotFound
    """
    actor.require_permission(Permission.CHANGE_ROOMS)
    with transaction.atomic():
        room = lock_room(room_id, actor=actor)
        if room.is_open:
            close_locked_room(room, actor, clock.now())
    return room


def close_locked_room(room: Room, actor: Actor, at: datetime) -> None:
    """Close a locked, open room as a change of it, and record that."""
    values = {"status": Room.Status.CLOSED, "closed_at": at, "waiting_since": None}
    save_next_change(room, values | {"closed_number": room.number + 1})
    _record_room_change(Action.ROOM_CLOSED, room, actor, at, {"status": ["OPEN", "CLOSED"]})


def lock_room(room_id: UUID, *, actor: Actor) -> Room:
    """Return a room that the actor may see, locked until the transaction ends; raises RoomNotFound."""
    room = _lock_room_row(room_id).first()
    if room is None or not can_see_room(room, actor=actor):
        raise RoomNotFound
    return room


def give_room_to(room: Room, agent: Person, actor: Actor, at: datetime) -> None:
    """Give a locked room to an agent, as a change of it, and record that."""
    previous = room.agent_id
    values = {"agent_id": agent.id, "agent_name": agent.name, "agent_number": room.number + 1}
    save_next_change(room, values)
    change = {"agentId": [str(previous) if previous else None, str(agent.id)]}
    _record_room_change(Action.ROOM_ASSIGNED, room, actor, at, change)


def save_next_change(room: Room, values: dict[str, Any]) -> None:
    """Save new values of a locked room as its next change, and announce it."""
    for name, value in (values | {"number": room.number + 1}).items():
        setattr(room, name, value)
    room.save(update_fields=[*values, "number"])
    announce_after_commit(room.id)


def _assign_if_free(room_id: UUID, actor: Actor) -> Room:
    with transaction.atomic():
        room = lock_room(room_id, actor=actor)
        if room.is_open and room.agent_id is None:
            give_room_to(room, find_participant(actor=actor).person, actor, clock.now())
    return room


def _record_room_change(action: Action, room: Room, actor: Actor, at: datetime, changes: dict[str, Any]) -> None:
    record_event(
        action,
        entity_type=EntityType.ROOMS,
        entity_id=room.id,
        actor=actor,
        at=at,
        details={"changes": changes},
    )


@compiled_query
def _lock_room_row(room_id: UUID) -> QuerySet[Any, Room]:
    return Room.objects.select_for_update(no_key=True).filter(pk=room_id).order_by()

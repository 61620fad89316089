"""Open support rooms (contract, Rooms)."""

from typing import Any, Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from accounts.models import User
from chat.models import Room
from chat.rooms.announcements import announce_after_commit
from chat.rooms.errors import RoomNotFound, TooManyOpenRooms
from chat.rooms.participants import require_customer, require_user_id
from chat.rooms.queries import count_open_rooms, find_newest_open_room, get_room
from database import compiled_query
from kernel import ids
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor
from kernel.constraints import violates_constraint
from kernel.errors import LoginRequired

MAX_OPEN_ROOMS: Final = 20
"""Open rooms of one customer."""
_CHOSEN_VERSIONS: Final = (4, 7)
"""Of the UUIDs that a customer's program may choose for a room."""
_TAKEN_ID: Final = ("chat_room_pkey", "room_tenant_id", "chat_room.id")
"""Constraints of an id that another tenant's room has, or another customer's since a moment ago."""


@requires_access(TokenScope.WRITE_CHAT)
def open_customer_room(*, actor: Actor, room_id: UUID | None = None) -> Room:
    """Return the customer's newest open room, or the one of this id; a new one where there is none.

    However often a customer calls this at once, they get one room.

    Raises:
        LoginRequired: also where the account was suspended or closed meanwhile.
        Forbidden: staff have no rooms of their own.
        RoomNotFound: the room is not the customer's, or the id is none that may be chosen.
        TooManyOpenRooms
    """
    customer_id = require_user_id(actor)
    require_customer(actor)
    if room_id is not None and room_id.version not in _CHOSEN_VERSIONS:
        raise RoomNotFound
    with transaction.atomic():
        if _lock_active_customer(customer_id).first() is None:
            raise LoginRequired
        room = _find_room(room_id, customer_id, actor)
        return room or _make_room(room_id or ids.new_id(), customer_id)


def _find_room(room_id: UUID | None, customer_id: UUID, actor: Actor) -> Room | None:
    if room_id is None:
        return find_newest_open_room(customer_id)
    return get_room(room_id, actor=actor) if Room.objects.filter(pk=room_id).exists() else None


def _make_room(room_id: UUID, customer_id: UUID) -> Room:
    if count_open_rooms(customer_id) >= MAX_OPEN_ROOMS:
        raise TooManyOpenRooms(f"You have {MAX_OPEN_ROOMS} open rooms; write in one of them, or have one closed.")
    room = Room(id=room_id, customer_id=customer_id)
    try:
        with transaction.atomic():
            room.save(force_insert=True)
    except IntegrityError as error:
        if not violates_constraint(error, *_TAKEN_ID):
            raise
        raise RoomNotFound from error
    announce_after_commit(room.id)
    return room


@compiled_query
def _lock_active_customer(customer_id: UUID) -> QuerySet[Any, User]:
    active = User.objects.filter(pk=customer_id, status=User.Status.ACTIVE)
    return active.select_for_update(no_key=True).order_by()

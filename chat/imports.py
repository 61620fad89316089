"""Import support rooms with their past, as a store does that moves here.

The rows are those that the use cases would have written, change by change, at past times.
"""

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import takewhile
from typing import Any
from uuid import UUID

from chat.models import ParticipantRole, Room, RoomMessage
from chat.rooms.participants import Person
from events.chain_links import EventRow
from events.imports import record_past_events
from events.models import Action, EntityType
from kernel import ids
from tenants.scoping import current_tenant_id
from tenants.transactions import begin_wide_transaction


@dataclass(frozen=True, slots=True, kw_only=True)
class PastMessage:
    """A message that was written at `at`, by the room's customer or by an agent."""

    at: datetime
    by: Person
    role: ParticipantRole
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRoom:
    """A room and its messages, oldest first.

    Attributes:
        closed_at: None where it is open.
        closed_by: the agent who closed it.
    """

    customer_id: UUID
    messages: Sequence[PastMessage]
    closed_at: datetime | None = None
    closed_by: Person | None = None

    @property
    def waiting_since(self) -> datetime | None:
        """Return when the customer wrote what nobody has answered."""
        if self.closed_at is not None:
            return None
        unanswered = list(takewhile(lambda one: one.role == ParticipantRole.CUSTOMER, reversed(self.messages)))
        return unanswered[-1].at if unanswered else None


def import_rooms(rooms: Iterable[PastRoom]) -> None:
    """Write rooms to the current scope with their messages and audit events, in one transaction."""
    written = [_RoomRows(past) for past in rooms]
    with begin_wide_transaction(reason="past events join the hash chain of the whole journal"):
        Room.objects.bulk_create([rows.room for rows in written])
        RoomMessage.objects.bulk_create([message for rows in written for message in rows.messages])
        record_past_events([event for rows in written for event in rows.events])


@dataclass(slots=True)
class _RoomRows:
    """The rows of one room, each change with the number that it would have got."""

    past: PastRoom
    room: Room = field(init=False)
    messages: list[RoomMessage] = field(default_factory=list)
    events: list[EventRow] = field(default_factory=list)

    def __post_init__(self) -> None:
        past, began_at = self.past, self.past.messages[0].at
        self.room = Room(id=_make_past_id(began_at), customer_id=past.customer_id, created_at=began_at)
        for message in past.messages:
            if message.role == ParticipantRole.AGENT and self.room.agent_id is None:
                self._assign_room(message.by, message.at)
            self._add_message(message)
        self.room.waiting_since, self.room.last_message_at = past.waiting_since, past.messages[-1].at
        if past.closed_at is not None:
            self._close_room(past.closed_at)

    def _add_message(self, past: PastMessage) -> None:
        self.room.number += 1
        message_id = _make_past_id(past.at)
        message = RoomMessage(
            id=message_id,
            room=self.room,
            number=self.room.number,
            sender_id=past.by.id,
            sender_name=past.by.name,
            role=past.role,
            client_id=str(message_id),
            text=past.text,
            sent_at=past.at,
        )
        self.messages.append(message)

    def _assign_room(self, agent: Person, at: datetime) -> None:
        self.room.number += 1
        self.room.agent_id, self.room.agent_name, self.room.agent_number = agent.id, agent.name, self.room.number
        self._add_event(Action.ROOM_ASSIGNED, agent, {"agentId": [None, str(agent.id)]}, at)

    def _close_room(self, at: datetime) -> None:
        self.room.number += 1
        self.room.status, self.room.closed_at, self.room.closed_number = Room.Status.CLOSED, at, self.room.number
        self._add_event(Action.ROOM_CLOSED, self.past.closed_by, {"status": ["OPEN", "CLOSED"]}, at)

    def _add_event(self, action: Action, by: Person | None, changes: dict[str, Any], at: datetime) -> None:
        about = (action, EntityType.ROOMS, self.room.id, by.id if by else None, {"changes": changes}, at)
        self.events.append(EventRow(_make_past_id(at), current_tenant_id(), *about))


def _make_past_id(at: datetime) -> UUID:
    return ids.id_born_at(at, secrets.randbits(ids.ENTROPY_BITS))

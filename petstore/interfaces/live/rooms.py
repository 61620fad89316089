"""The live feed of support rooms: every change of a room reaches those of this process who hear it, once and in order.

What has changed is read from the database: each room has a number that grows with its changes (`chat.models.Room`), and
the feed reads what is above the number that a listener has been told of. It looks once a second; an announcement by
this process, or one that a carrier brings from another, only makes it look at once. So a lost announcement delays the
news and loses nothing. Typing alone is never stored, and is passed on as it comes.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Final, NamedTuple, Protocol
from uuid import UUID

from django.db import Error, connections

from chat.models import Room, RoomMessage
from chat.rooms.participants import Person
from chat.rooms.queries import RoomChanges, find_changed_rooms, read_changes_of_room, read_room_changes
from petstore.interfaces.live.poller import run_in_reader
from tenants.scoping import member_scope, tenant_scope

LOOK_SECONDS: Final = 1.0
"""The time between two looks at all rooms that somebody hears."""
GATHER_SECONDS: Final = 0.02
"""The time from one look to the next where announcements come faster: they share one."""

FEW_ROOMS: Final = 4
"""So many are read one by one, by statements that are compiled; of more the many are read together."""

logger = logging.getLogger(__name__)


class MessageSent(NamedTuple):
    """A message was stored."""

    room_id: UUID
    message: RoomMessage


class AgentAssigned(NamedTuple):
    """An agent has the room now."""

    room_id: UUID
    agent: Person


class MessageRead(NamedTuple):
    """A participant has read the room up to a message."""

    room_id: UUID
    message_id: UUID
    reader: Person


class RoomClosed(NamedTuple):
    """The room was closed."""

    room_id: UUID


class Typing(NamedTuple):
    """A participant types, or does so no more; this is not stored."""

    room_id: UUID
    sender: Person
    is_typing: bool


RoomNews = MessageSent | AgentAssigned | MessageRead | RoomClosed | Typing


class RoomChanged(NamedTuple):
    """An announcement: a room has changed, and the database says how."""

    tenant_id: UUID
    room_id: UUID


Signal = RoomChanged | Typing
"""A signal that carriers bring from one process to the others."""


class Carrier(Protocol):
    """A carrier of signals to the other processes; it may lose some."""

    def carry_signal(self, signal: Signal) -> None:
        """Send a signal to the other processes, soon; called in any thread, and never blocks."""

    async def bring_signals(self, take: Callable[[Signal], None]) -> None:
        """Pass on what the other processes send, until cancelled; after an outage it goes on by itself."""


class RoomListener(Protocol):
    """A listener of rooms."""

    def take_room_news(self, news: RoomNews) -> None:
        """Take the news of a room; called in the event loop, and must neither block nor raise."""


@dataclass(slots=True)
class _HeardRoom:
    """A room that somebody of this process hears.

    Attributes:
        listeners: each with the number of the newest change that they were told of.
    """

    tenant_id: UUID
    listeners: dict[RoomListener, int] = field(default_factory=dict)

    @property
    def known_number(self) -> int:
        """Return the number up to which all listeners were told."""
        return min(self.listeners.values())


class RoomFeed:
    """The rooms that this process's listeners hear, and the task that looks for their changes.

    Used in the event loop only, but for `announce_change` and `announce_typing`, which may be called in any thread.

    Attributes:
        carrier: brings signals to the other processes; None where nothing does, and they find out by looking.
    """

    def __init__(self) -> None:
        self.carrier: Carrier | None = None
        self._rooms: dict[UUID, _HeardRoom] = {}
        self._changed: set[UUID] = set()
        self._has_changes = asyncio.Event()
        self._look_at_all = self._looked_at = 0.0
        self._is_outage = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._rooms)

    def use_carrier(self, carrier: Carrier) -> None:
        """Tell the other processes by this from now on, and hear of them, as soon as somebody hears a room."""
        self.carrier = carrier

    def hear_room(self, listener: RoomListener, tenant_id: UUID, room_id: UUID, number: int) -> None:
        """Tell a listener all changes of a room above a number, from now on. Needs a running event loop."""
        heard = self._rooms.setdefault(room_id, _HeardRoom(tenant_id))
        heard.listeners.setdefault(listener, number)
        self._start_looking()
        self._look_at(room_id)

    def is_heard_by(self, listener: RoomListener, room_id: UUID) -> bool:
        """Return whether the listener hears the room."""
        heard = self._rooms.get(room_id)
        return heard is not None and listener in heard.listeners

    def leave_room(self, listener: RoomListener, room_id: UUID) -> None:
        """Tell a listener no more of a room; nothing happens where they do not hear it."""
        heard = self._rooms.get(room_id)
        if heard is not None:
            heard.listeners.pop(listener, None)
            if not heard.listeners:
                del self._rooms[room_id]

    def relay_typing(self, typing: Typing, origin: RoomListener | None) -> None:
        """Tell all who hear a room, but for the origin, that somebody types in it; in other processes, too."""
        self._tell_typing(typing, origin)
        if self.carrier is not None:
            self.carrier.carry_signal(typing)

    def announce_typing(self, typing: Typing) -> None:
        """Tell all who hear a room, in all processes, that somebody types; may be called in any thread."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self._tell_typing, typing, None)
        if self.carrier is not None:
            self.carrier.carry_signal(typing)

    def announce_change(self, tenant_id: UUID, room_id: UUID) -> None:
        """Have all processes look at a room that this one has changed; may be called in any thread."""
        signal = RoomChanged(tenant_id, room_id)
        if self._loop is not None and room_id in self._rooms:
            with suppress(RuntimeError):  # the loop has ended
                self._loop.call_soon_threadsafe(self.take_signal, signal)
        if self.carrier is not None:
            self.carrier.carry_signal(signal)

    def take_signal(self, signal: Signal) -> None:
        """Act on what a carrier has brought."""
        if isinstance(signal, Typing):
            self._tell_typing(signal, None)
        else:
            self._look_at(signal.room_id)

    def _tell_typing(self, typing: Typing, origin: RoomListener | None) -> None:
        heard = self._rooms.get(typing.room_id)
        if heard is None:
            return
        for listener in list(heard.listeners):
            if listener is not origin:
                _tell_listener(heard, listener, (typing,))

    def _look_at(self, room_id: UUID) -> None:
        if room_id in self._rooms:
            self._changed.add(room_id)
            self._has_changes.set()

    def _start_looking(self) -> None:
        loop = asyncio.get_running_loop()
        if self._task is None or self._task.done() or self._loop is not loop:
            self._loop, self._has_changes = loop, asyncio.Event()
            self._task = loop.create_task(self._look_while_heard())
            self._task.add_done_callback(self._look_on_after_defect)

    def _look_on_after_defect(self, task: asyncio.Task[None]) -> None:
        """Go on for the other listeners, when one of them has raised."""
        if not task.cancelled() and (error := task.exception()) is not None:
            logger.error("Looking at rooms failed; it goes on", exc_info=error)
            self._start_looking()

    async def _look_while_heard(self) -> None:
        """Look, and listen to the carrier, until nobody hears a room."""
        listening = None
        if self.carrier is not None:
            listening = asyncio.get_running_loop().create_task(self.carrier.bring_signals(self.take_signal))
        try:
            await self._look_for_changes()
        finally:
            if listening is not None:
                listening.cancel()

    async def _look_for_changes(self) -> None:
        """Look until nobody hears a room; after an outage of the database it goes on where it was."""
        while self._rooms:
            for changes in await self._read_changes(await self._wait_for_rooms()):
                self._tell_changes(changes)
        self._task = None
        await run_in_reader(connections.close_all)

    async def _wait_for_rooms(self) -> list[UUID]:
        """Return the rooms to look at: those that have changed, at once, and all of them once in a while."""
        loop = asyncio.get_running_loop()
        await asyncio.sleep(self._looked_at + GATHER_SECONDS - loop.time())
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._look_at_all):
                await self._has_changes.wait()
        self._looked_at = loop.time()
        changed = list(self._changed)
        if self._looked_at >= self._look_at_all:
            changed, self._look_at_all = list(self._rooms), self._looked_at + LOOK_SECONDS
        self._changed.clear()
        self._has_changes.clear()
        return changed

    async def _read_changes(self, room_ids: Sequence[UUID]) -> list[RoomChanges]:
        known = [
            (room_id, heard.tenant_id, heard.known_number)
            for room_id in room_ids
            if (heard := self._rooms.get(room_id)) is not None
        ]
        try:
            found = await run_in_reader(partial(_read_room_changes, known))
        except Error:
            if not self._is_outage:
                logger.exception("The database does not answer; looking at rooms goes on")
            self._is_outage = True
            await asyncio.sleep(LOOK_SECONDS)
            return []
        self._is_outage = False
        return found

    def _tell_changes(self, changes: RoomChanges) -> None:
        """Tell each listener what is news to them; one who was told of less than was read from has to wait."""
        heard = self._rooms.get(changes.room.id)
        if heard is None:
            return
        news = sorted(_list_news(changes), key=_number_of)
        for listener, told in list(heard.listeners.items()):
            if told >= changes.above and listener in heard.listeners:
                heard.listeners[listener] = max(told, changes.room.number)
                _tell_listener(heard, listener, [item for number, item in news if number > told])


def _tell_listener(heard: _HeardRoom, listener: RoomListener, news: Sequence[RoomNews]) -> None:
    """Tell a listener, as long as they hear the room: they may leave with any of the news, or others may end them."""
    for item in news:
        if listener not in heard.listeners:
            return
        listener.take_room_news(item)


def _read_room_changes(known: Sequence[tuple[UUID, UUID, int]]) -> list[RoomChanges]:
    """Return the changes of rooms above a number, given as room, tenant and number."""
    if len(known) <= FEW_ROOMS:
        return [changes for one in known if (changes := _read_changes_of_room(*one)) is not None]
    numbers = [(room_id, number) for room_id, _, number in known]
    with member_scope(tenant_id for _, tenant_id, _ in known):
        return read_room_changes(find_changed_rooms(numbers), numbers)


def _read_changes_of_room(room_id: UUID, tenant_id: UUID, number: int) -> RoomChanges | None:
    with tenant_scope(tenant_id):
        return read_changes_of_room(room_id, number)


def _list_news(changes: RoomChanges) -> Iterator[tuple[int, RoomNews]]:
    """Yield the news in a room with their numbers; an agent has the room before they write in it."""
    room: Room = changes.room
    if room.agent_id is not None:
        yield room.agent_number, AgentAssigned(room.id, Person(room.agent_id, room.agent_name))
    for message in changes.messages:
        yield message.number, MessageSent(room.id, message)
    for reading in changes.readings:
        reader = Person(reading.reader_id, reading.reader_name)
        yield reading.number, MessageRead(room.id, reading.message_id, reader)
    if not room.is_open:
        yield room.closed_number, RoomClosed(room.id)


def _number_of(numbered: tuple[int, RoomNews]) -> int:
    return numbered[0]


room_feed = RoomFeed()
"""The feed of this process."""

"""Sessions of support rooms: one connected participant, whatever the protocol (contract, Rooms).

A session checks and does what its client asks for by the use cases of chat, and hears the rooms that the client has
joined or written to. Its methods run in the event loop; what reads the database runs in the request threads.
"""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import UUID

from chat.rooms.participants import Participant, find_participant
from chat.rooms.queries import get_room
from chat.services.room_messages import SentMessage, get_writable_room, mark_messages_read, send_room_message
from chat.services.rooms import JoinedRoom, join_support_room
from kernel import ids
from kernel.errors import DomainError
from petstore.interfaces.entry.socket_callers import SocketCaller
from petstore.interfaces.live.rooms import MessageRead, MessageSent, RoomNews, Typing, room_feed
from petstore.interfaces.rooms.frame_rates import FrameRate
from petstore.server.request_pool import RequestPool
from tenants.scoping import current_tenant_id

MAX_OWN_MESSAGES: Final = 200
"""The messages that a client sent last: it is not told of these again."""


class Client(Protocol):
    """The client of a session, whatever protocol it speaks."""

    def take_room_news(self, news: RoomNews) -> None:
        """Tell the client the news of a room; called in the event loop, and must neither block nor raise."""

    def end_session(self, error: DomainError) -> None:
        """Tell the client that it has lost its right, and close the connection; called in the event loop."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """A caller who was let in to the rooms of a tenant."""

    caller: SocketCaller
    participant: Participant
    tenant_id: UUID


def let_caller_in(caller: SocketCaller) -> Entrant:
    """Let a caller in to the rooms of the tenant that they name; called in a request thread.

    Raises:
        What `calls.enter_tenant` raises; LoginRequired without a token.
    """
    with caller.enter_tenant(find_participant) as actor:
        return Entrant(caller, find_participant(actor=actor), current_tenant_id())


@dataclass(eq=False, slots=True)
class RoomSession:
    """One connected participant.

    Attributes:
        rate: how often the client may send; whoever reads the frames counts them.
    """

    entrant: Entrant
    client: Client
    pool: RequestPool
    rate: FrameRate = field(default_factory=FrameRate)
    _own_messages: OrderedDict[tuple[UUID | None, str], None] = field(default_factory=OrderedDict)
    _own_marks: set[tuple[UUID, UUID]] = field(default_factory=set)
    _rooms: set[UUID] = field(default_factory=set)
    _named_caller: SocketCaller | None = None
    _is_closed: bool = False

    def name_next_call(self) -> str:
        """Begin the client's next call, for whoever has to know its request id: of the log, and of a defect."""
        self._named_caller = self.entrant.caller.name_next_call()
        return self._named_caller.peer.request_id

    async def join_support_room(self, room_id: UUID | None, after_message_id: UUID | None) -> JoinedRoom:
        """Join a room, and hear it once the client has read up to its end; raises what the use case raises."""
        joined: JoinedRoom = await self._call(join_support_room, room_id=room_id, after_message_id=after_message_id)
        if not joined.transcript.has_more:  # else what follows would come twice, with the next page and as news
            self._hear_room(joined.room.id, joined.transcript.number)
        return joined

    async def send_room_message(self, room_id: UUID | None, text: str, client_id: str | None) -> SentMessage:
        """Store a message and hear its room from now on; the session is not told of the message again.

        Args:
            client_id: the client's own id of the message; without one a repetition is stored again.
        """
        client_id, sender = client_id or f"_{ids.new_id_text()}", self.entrant.participant.person
        self._remember_own_message(room_id, client_id)
        try:
            sent: SentMessage = await self._call(
                send_room_message, room_id=room_id, text=text, client_id=client_id, sender=sender
            )
        finally:
            self._own_messages.pop((room_id, client_id), None)
        self._remember_own_message(sent.message.room_id, client_id)
        self._hear_room(sent.message.room_id, sent.message.number)
        return sent

    async def mark_messages_read(self, room_id: UUID, message_id: UUID) -> None:
        """Remember that the participant has read up to a message; raises what the use case raises."""
        self._own_marks.add((room_id, message_id))
        reader, is_news = self.entrant.participant.person, False
        try:
            is_news = await self._call(mark_messages_read, room_id=room_id, message_id=message_id, reader=reader)
        finally:
            if not is_news:
                self._own_marks.discard((room_id, message_id))

    async def set_typing(self, room_id: UUID, *, is_typing: bool) -> None:
        """Tell the others in a room that the participant types, or does so no more; raises RoomNotFound, Forbidden."""
        await self._call(get_writable_room, room_id=room_id)
        room_feed.relay_typing(Typing(room_id, self.entrant.participant.person, is_typing), self)

    async def leave_room(self, room_id: UUID) -> None:
        """Hear a room no more; raises RoomNotFound."""
        if room_id not in self._rooms:
            await self._call(get_room, room_id=room_id)
        self._rooms.discard(room_id)
        room_feed.leave_room(self, room_id)

    def take_room_news(self, news: RoomNews) -> None:
        """Tell the client the news of a room, but for what it has done itself."""
        if not self._is_own(news):
            self.client.take_room_news(news)

    def close(self) -> None:
        """Hear no room any more, nor one that is just being joined."""
        self._is_closed = True
        for room_id in self._rooms:
            room_feed.leave_room(self, room_id)
        self._rooms.clear()

    async def _call(self, use_case: Callable[..., Any], **arguments: Any) -> Any:
        caller = self._named_caller or self.entrant.caller.name_next_call()

        def call_use_case() -> Any:
            with caller.enter_tenant(use_case) as actor:
                return use_case(actor=actor, **arguments)

        return await caller.run_job_in_pool(self.pool, call_use_case)

    def _hear_room(self, room_id: UUID, number: int) -> None:
        if self._is_closed:
            return
        self._rooms.add(room_id)
        room_feed.hear_room(self, self.entrant.tenant_id, room_id, number)

    def _is_own(self, news: RoomNews) -> bool:
        """Return whether this very session has done it: what the same user does elsewhere is news here."""
        me = self.entrant.participant.person.id
        if isinstance(news, MessageSent) and news.message.sender_id == me:
            sent_as = news.message.client_id
            return (news.room_id, sent_as) in self._own_messages or (None, sent_as) in self._own_messages
        if isinstance(news, MessageRead) and news.reader.id == me:
            mark = (news.room_id, news.message_id)
            was_own = mark in self._own_marks
            self._own_marks.discard(mark)
            return was_own
        return False

    def _remember_own_message(self, room_id: UUID | None, client_id: str) -> None:
        self._own_messages[room_id, client_id] = None
        if len(self._own_messages) > MAX_OWN_MESSAGES:
            self._own_messages.popitem(last=False)

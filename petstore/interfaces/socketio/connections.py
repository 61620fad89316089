"""Connections to the default namespace: a session of support rooms for each client (contract, Socket.IO).

Packets of one client are answered one after another, by a task of its own.
"""

import asyncio
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from typing import Any, Final

from rest_framework.exceptions import ParseError
from socketio import packet

from kernel.errors import DomainError, Kind, NotFound
from petstore.interfaces.entry.socket_callers import SocketCaller
from petstore.interfaces.live.rooms import RoomNews
from petstore.interfaces.rooms.frame_rates import FrameRate
from petstore.interfaces.rooms.refusals import Refusal, describe_refusal
from petstore.interfaces.rooms.registry import room_sessions
from petstore.interfaces.rooms.sessions import RoomSession
from petstore.interfaces.socketio.admission import add_handshake, admit_to_rooms
from petstore.interfaces.socketio.answers import ANSWERS, Answer
from petstore.interfaces.socketio.engine import EngineSession
from petstore.interfaces.socketio.events import CLIENT_EVENTS, read_event_argument, represent_room_news
from petstore.interfaces.socketio.packets import (
    DEFAULT_NAMESPACE,
    ChatPacket,
    MalformedPacket,
    read_client_packet,
    render_acknowledgement,
    render_connect_error,
    render_connect_packet,
    render_disconnect_packet,
    render_server_event,
)
from petstore.interfaces.socketio.process import host_process
from petstore.server.request_pool import RequestPool
from petstore.settings.addresses import SOCKET_IO_PATH

CONNECT_SECONDS: Final = 10.0
"""The time that a session may be without a connection."""
LET_IN: Final = "ok"
"""The status of a handshake in the metrics; one that is refused has the problem's slug."""
MAX_UNTAKEN: Final = 32
"""Messages that wait; then their client does."""


class NoSuchNamespace(NotFound):
    """There is one namespace, and this is another."""

    code = "no_such_namespace"
    title = "There is no such namespace"


class ChatConnection:
    """The connection of one session of Engine.IO; it is the client of a session of rooms while it is connected."""

    def __init__(
        self, session_id: str, caller: SocketCaller, pool: RequestPool, tell_end: Callable[[], object]
    ) -> None:
        """Open a session and wait for a message that connects.

        Args:
            caller: without a token, which comes with that message.
            tell_end: called once the session is closed.
        """
        self.engine = EngineSession(session_id, self)
        self._caller, self._pool, self._tell_end = caller, pool, tell_end
        self._rate = FrameRate()
        self._room_session: RoomSession | None = None
        self._kept = ExitStack()
        self._inbox: asyncio.Queue[str] = asyncio.Queue(MAX_UNTAKEN)
        self._wait_for_connect()
        self._task = asyncio.get_running_loop().create_task(self._serve_inbox())

    async def take_message(self, text: str) -> None:
        """Take a message of the client, and let it wait while there are many."""
        await self._inbox.put(text)

    def end_connection(self) -> None:
        """Leave everything, because the session is closed."""
        self._leave_all_rooms()
        self._timer.cancel()
        self._task.cancel()
        while not self._inbox.empty():  # who waits to put something goes on
            self._inbox.get_nowait()
        self._tell_end()

    def take_room_news(self, news: RoomNews) -> None:
        """Tell the client the news of a room."""
        self._send_event_soon(*represent_room_news(news))

    def end_session(self, error: DomainError) -> None:
        """Tell the client that it has lost its right, and disconnect it."""
        if self._room_session is not None:
            self._send_event_soon("error", self._describe_packet_refusal(error).problem)
            self.engine.send_message(render_disconnect_packet())
            self._leave_all_rooms()
            self._wait_for_connect()

    async def _serve_inbox(self) -> None:
        while True:
            text = await self._inbox.get()
            try:
                await self._answer_client_packet(read_client_packet(text))
            except MalformedPacket:
                self.engine.close_session()

    async def _answer_client_packet(self, arrived: ChatPacket) -> None:
        if arrived.packet_type == packet.CONNECT:
            await self._answer_connect_packet(arrived)
        elif arrived.target_namespace != DEFAULT_NAMESPACE or self._room_session is None:
            return  # of a connection that is refused or has ended meanwhile
        elif arrived.packet_type == packet.DISCONNECT:
            self._leave_all_rooms()
            self._wait_for_connect()
        elif arrived.packet_type in (packet.EVENT, packet.BINARY_EVENT):
            await self._answer_client_event(arrived, self._room_session)

    async def _answer_connect_packet(self, arrived: ChatPacket) -> None:
        self._timer.cancel()
        began, status = time.perf_counter(), LET_IN
        caller = self._caller.name_next_call()
        try:
            room_session = await self._let_client_in(arrived, caller)
            self._kept.enter_context(room_sessions.keep_session(room_session))
        except Exception as error:  # noqa: BLE001  # as Django does around a view: it is logged, and told as a defect
            refusal = self._describe_packet_refusal(error, caller.peer.request_id)
            status = refusal.slug
            self.engine.send_message(render_connect_error(arrived.target_namespace, refusal.slug, refusal.problem))
            if self._rate.is_flood:
                self.engine.close_session()
            elif self._room_session is None:
                self._wait_for_connect()
        else:
            self._room_session = room_session
            self.engine.send_message(render_connect_packet(secrets.token_urlsafe(15)))
        host_process.count_call("connect", SOCKET_IO_PATH, status, time.perf_counter() - began)

    async def _let_client_in(self, arrived: ChatPacket, caller: SocketCaller) -> RoomSession:
        self._rate.count_next_frame()
        if arrived.target_namespace != DEFAULT_NAMESPACE:
            raise NoSuchNamespace
        if arrived.fault is not None:
            raise arrived.fault
        if self._room_session is not None:
            raise ParseError("The client is connected already.")
        caller = add_handshake(caller, arrived.data)
        entrant = await caller.run_job_in_pool(self._pool, partial(admit_to_rooms, caller))
        return RoomSession(entrant, self, self._pool, self._rate)

    async def _answer_client_event(self, arrived: ChatPacket, room_session: RoomSession) -> None:
        began, status, request_id = time.perf_counter(), "ok", room_session.name_next_call()
        try:
            self._rate.count_next_frame()
            name, arguments = arrived.require_event()
            values = read_event_argument(name, arguments)
            self._acknowledge_client_event(arrived, await ANSWERS[name](room_session, values))
        except Exception as error:  # noqa: BLE001  # as around a view
            status = self._refuse_client_event(arrived, error, request_id)
        host_process.count_call(arrived.find_name(CLIENT_EVENTS), SOCKET_IO_PATH, status, time.perf_counter() - began)

    def _acknowledge_client_event(self, arrived: ChatPacket, answer: Answer) -> None:
        if arrived.id is not None:
            self._send_acknowledgement(arrived.id, {"ok": True, **answer.acknowledgement})
        elif answer.receipt is not None:
            self._send_event_soon("messageDelivered", answer.receipt)
        if answer.joined is not None:
            self._send_event_soon("connected", answer.joined)

    def _refuse_client_event(self, arrived: ChatPacket, error: Exception, request_id: str) -> str:
        """Tell a refusal, and disconnect a flood and whoever has lost their right; returns the slug."""
        refusal = self._describe_packet_refusal(error, request_id)
        is_over = self._rate.is_flood or (isinstance(error, DomainError) and error.kind is Kind.UNAUTHENTICATED)
        if arrived.id is not None:
            self._send_acknowledgement(arrived.id, {"ok": False, "error": refusal.problem})
        elif not is_over:
            self._send_event_soon("error", refusal.problem)
        if is_over and isinstance(error, DomainError):
            self.end_session(error)
        return refusal.slug

    def _leave_all_rooms(self) -> None:
        self._room_session = None
        self._kept.close()

    def _wait_for_connect(self) -> None:
        self._timer = asyncio.get_running_loop().call_later(CONNECT_SECONDS, self.engine.close_session)

    def _send_event_soon(self, name: str, argument: Any) -> None:
        self.engine.send_message(render_server_event(name, argument))

    def _send_acknowledgement(self, packet_id: int, argument: Any) -> None:
        self.engine.send_message(render_acknowledgement(packet_id, argument))

    def _describe_packet_refusal(self, error: Exception, request_id: str = "") -> Refusal:
        return describe_refusal(error, SOCKET_IO_PATH, request_id)

"""Sessions of Engine.IO 4: packets over polling, a web socket, or first one and then the other (contract, Socket.IO).

The library's own server is not used: its queues have no bound, it takes a cancelled request for a message, and it
answers "ok" to what it could not read (docs/decisions, 0048). Everything here runs in the event loop.
"""

import asyncio
from collections import deque
from contextlib import suppress
from enum import Enum
from typing import Final, Protocol

from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.socketio.packets import (
    PROBE,
    PROBED,
    EngineType,
    MalformedPacket,
    join_payload_packets,
    split_payload_packets,
)
from petstore.server.request_limits import MAX_PAYLOAD
from petstore.server.web_sockets import SocketClosed

PING_SECONDS: Final = 25.0
PONG_SECONDS: Final = 20.0
PROBE_SECONDS: Final = 10.0
"""The time that a client has for an upgrade."""
MAX_BACKLOG: Final = 1024 * 1024
"""Bytes that may wait for a client to fetch them."""
NORMAL_END: Final = 1000
_ATTACHMENT: Final = "b"


class EngineRefusal(Exception):
    """A request that does not fit the protocol; answered with status 400 and the protocol's own JSON.

    Attributes:
        code: as in the protocol's other servers.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message

    def render_body(self) -> bytes:
        """Return the JSON of the answer."""
        return render_json_bytes({"code": self.code, "message": self.message})


def refuse_request(message: str = "Bad request") -> EngineRefusal:
    """Return the refusal of a request that comes at the wrong time, or is malformed."""
    return EngineRefusal(3, message)


class MessageLink(Protocol):
    """A web socket, here or of another process."""

    async def receive_text(self) -> str: ...
    async def send_text(self, text: str) -> None: ...
    async def close(self, code: int, reason: str = "") -> None: ...


class SessionOwner(Protocol):
    """The upper half of a session, which speaks Socket.IO."""

    async def take_message(self, text: str) -> None:
        """Take a message of the client; may wait while there are many, and then the client does."""

    def end_connection(self) -> None:
        """Forget everything: the session is closed."""


class Transport(Enum):
    """The way that packets go out."""

    POLLING = "polling"
    PROBED = "probed"
    """Polls are ended with nothing, for the client is about to change to its socket."""
    SOCKET = "socket"


class EngineSession:
    """One session.

    Attributes:
        id: a secret that the client names in each request.
        is_closed: nothing comes in or goes out any more.
        is_polled: a poll waits for something to fetch.
    """

    def __init__(self, session_id: str, owner: SessionOwner) -> None:
        self.id, self.is_closed = session_id, False
        self._owner = owner
        self._transport = Transport.POLLING
        self.is_polled = self._is_posting = self._is_probing = self._awaits_pong = False
        self._packets: deque[str] = deque()
        self._backlog = 0
        self._has_news = asyncio.Event()
        self._start_life_timer(PING_SECONDS)

    def greet_client(self, *, can_upgrade: bool) -> None:
        """Send the first packet."""
        greeting = {
            "sid": self.id,
            "upgrades": ["websocket"] if can_upgrade else [],
            "pingInterval": int(PING_SECONDS * 1000),
            "pingTimeout": int(PONG_SECONDS * 1000),
            "maxPayload": MAX_PAYLOAD,
        }
        self._queue_packet_for_client(EngineType.OPEN + render_json_bytes(greeting).decode())

    def send_message(self, text: str) -> None:
        """Send a message soon; a client that does not fetch what waits for it is cut off."""
        self._queue_packet_for_client(EngineType.MESSAGE + text)

    def close_session(self) -> None:
        """Close the session; what waits already is sent still, where somebody fetches it just now."""
        if not self.is_closed:
            self.is_closed = True
            self._timer.cancel()
            self._has_news.set()
            self._owner.end_connection()

    async def answer_poll(self) -> str:
        """Return the payload that a poll fetches, as soon as there is something.

        Raises:
            EngineRefusal: the session has a socket, or another poll waits, which ends the session.
        """
        if self._transport is Transport.SOCKET:
            raise refuse_request()
        if self.is_polled:
            self.close_session()
            raise refuse_request("Two polls at a time")
        self.is_polled = True
        try:
            return join_payload_packets(await self._gather_packets())
        except asyncio.CancelledError:  # its client has gone
            self.close_session()
            raise
        finally:
            self.is_polled = False

    async def take_payload(self, payload: str) -> None:
        """Take the packets that a client has posted.

        Raises:
            EngineRefusal: the session has a socket, or something is malformed, which ends the session.
        """
        if self._transport is Transport.SOCKET:
            raise refuse_request()
        if self._is_posting:
            self.close_session()
            raise refuse_request("Two posts at a time")
        self._is_posting = True
        try:
            for text in split_payload_packets(payload):
                await self._take_client_packet(text)
        except MalformedPacket:
            self.close_session()
            raise refuse_request() from None
        except asyncio.CancelledError:  # what is left of it would be missing
            self.close_session()
            raise
        finally:
            self._is_posting = False

    async def serve_whole_link(self, link: MessageLink) -> None:
        """Serve a session that has only this socket, to its end."""
        self._transport = Transport.SOCKET
        await self._exchange_packets(link)

    def require_upgrade_possible(self) -> None:
        """Raise EngineRefusal where the session cannot change to a socket now."""
        if self._transport is not Transport.POLLING or self._is_probing:
            raise refuse_request()
        self._is_probing = True

    async def serve_upgrading_link(self, link: MessageLink) -> None:
        """Let a client try its socket and change to it; where it does not, polling goes on."""
        try:
            async with asyncio.timeout(PROBE_SECONDS):
                is_upgraded = await self._await_upgrade(link)
        except (SocketClosed, TimeoutError):
            is_upgraded = False
        finally:
            self._is_probing = False
        if is_upgraded and not self.is_closed:
            self._transport = Transport.SOCKET
            await self._exchange_packets(link)
        else:
            self._transport = Transport.POLLING
            await link.close(NORMAL_END)

    async def _await_upgrade(self, link: MessageLink) -> bool:
        if await link.receive_text() != PROBE:
            return False
        await link.send_text(PROBED)
        self._transport = Transport.PROBED
        self._has_news.set()
        return await link.receive_text() == EngineType.UPGRADE

    async def _exchange_packets(self, link: MessageLink) -> None:
        writing = asyncio.create_task(self._write_packets(link))
        try:
            while not self.is_closed:
                await self._take_client_packet(await link.receive_text())
        except (SocketClosed, MalformedPacket):
            pass
        finally:
            self.close_session()
            await _await_writer_end(writing)

    async def _write_packets(self, link: MessageLink) -> None:
        with suppress(SocketClosed):
            while await self._wait_for_packets():
                while self._packets:
                    text = self._packets.popleft()
                    await link.send_text(text)
                    self._backlog -= len(text)
        await link.close(NORMAL_END)

    async def _gather_packets(self) -> list[str]:
        await self._wait_for_packets(until_probed=True)
        if self._transport is not Transport.POLLING or not self._packets:
            return [EngineType.NOOP]
        found = list(self._packets)
        self._packets.clear()
        self._backlog = 0
        return found

    async def _wait_for_packets(self, *, until_probed: bool = False) -> bool:
        """Wait until there is something to send; returns whether there is: not once the session is closed."""
        while not self._packets and not self.is_closed:
            if until_probed and self._transport is not Transport.POLLING:
                return False
            self._has_news.clear()
            await self._has_news.wait()
        return bool(self._packets)

    async def _take_client_packet(self, text: str) -> None:
        if self.is_closed or text.startswith(_ATTACHMENT):  # whose message is refused
            return
        match text[:1]:
            case EngineType.MESSAGE:
                await self._owner.take_message(text[1:])
            case EngineType.PONG:
                self._note_client_pong()
            case EngineType.CLOSE:
                self.close_session()
            case _:
                raise MalformedPacket

    def _queue_packet_for_client(self, text: str) -> None:
        if self.is_closed:
            return
        self._packets.append(text)
        self._backlog += len(text)
        self._has_news.set()
        if self._backlog > MAX_BACKLOG:
            self._packets.clear()
            self.close_session()

    def _note_client_pong(self) -> None:
        if self._awaits_pong:
            self._awaits_pong = False
            self._timer.cancel()
            self._start_life_timer(PING_SECONDS)

    def _check_sign_of_life(self) -> None:
        """Ping, or give up a client that has not answered the ping before."""
        if self._awaits_pong:
            self.close_session()
        else:
            self._awaits_pong = True
            self._queue_packet_for_client(EngineType.PING)
            self._start_life_timer(PONG_SECONDS)

    def _start_life_timer(self, seconds: float) -> None:
        self._timer = asyncio.get_running_loop().call_later(seconds, self._check_sign_of_life)


async def _await_writer_end(writing: "asyncio.Task[None]") -> None:
    """Wait until what writes has ended: a client that does not read is cut off by its socket."""
    try:
        await writing
    except asyncio.CancelledError:
        writing.cancel()
        raise

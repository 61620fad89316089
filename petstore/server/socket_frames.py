"""Web sockets of `serve`: ASGI's messages over the frames of RFC 6455, which the library `websockets` reads and writes.

Beyond ASGI: what a client sends is bounded before it is buffered, the reason of a refusal reaches it as a close code, a
client that does not read is cut off, and one that does not answer a ping is gone (docs/decisions, 0046).
"""

import asyncio
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, cast

from websockets.frames import CloseCode, Frame, Opcode
from websockets.protocol import OPEN, Protocol, Side

from petstore.server.request_arrivals import Exchange, Message
from petstore.server.request_limits import MAX_MESSAGE
from petstore.server.taken_connections import take_over_connection

HEARTBEAT_SECONDS: Final = 20.0
"""The time between two pings, and for the answer to one."""
CLOSE_SECONDS: Final = 2.0
"""The time for the client to answer a close frame, and to take what was sent before."""
MAX_BACKLOG: Final = 1024 * 1024
"""Bytes that may wait for a client to read them."""
READ_BYTES: Final = 4 * 1024
"""Read at a time: not so many frames that others wait."""
WRITE_BYTES: Final = 16 * 1024
"""That wait while the sender goes on."""
FRAMES_PER_SECOND: Final = 200
"""Of a client that sends many; a second's worth is read at once, and reading the rest waits its turn."""
MAX_UNTAKEN: Final = 32
"""Messages that wait for the application; meanwhile nothing is read."""
_OF_MESSAGES: Final = (Opcode.TEXT, Opcode.BINARY, Opcode.CONT)


class _BufferOfThread(threading.local):
    """One buffer for all connections of a thread's loop, where each would have 4 KiB of its own."""

    def __init__(self) -> None:
        self.buffer = bytearray(READ_BYTES)


_of_thread = _BufferOfThread()


class FramedSocket:
    """One web socket, as an ASGI application receives and sends; `finish_exchange` has to be awaited at the end."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._messages: asyncio.Queue[Message] = asyncio.Queue()
        self._messages.put_nowait({"type": "websocket.connect"})
        self._link: FrameLink | None = None

    async def receive(self) -> Message:
        """Return the next message; after the last one, `websocket.disconnect` again and again."""
        await asyncio.sleep(0)  # a flood of messages leaves others their turn
        message = await self._messages.get()
        if message["type"] == "websocket.disconnect":
            self._messages.put_nowait(message)
        elif self._link is not None:
            self._link.read_on_if_free()
        return message

    async def send(self, message: Message) -> None:
        """Send a message of ASGI, and wait until most of it is on its way."""
        if message["type"] == "websocket.accept":
            await self._accept_upgrade(message)
        elif self._link is None:
            await self._exchange.proto.send(message)
        elif message["type"] == "websocket.close":
            self._link.send_close(message.get("code", CloseCode.NORMAL_CLOSURE), message.get("reason") or "")
        else:
            await self._link.send_text(message["text"])

    async def finish_exchange(self) -> None:
        """Close what the application left open, wait for the client's answer, and give the connection back."""
        try:
            if self._link is not None:
                self._link.send_close(CloseCode.INTERNAL_ERROR, "")
                await self._link.has_ended.wait()
        finally:
            self._exchange.done()

    async def _accept_upgrade(self, message: Message) -> None:
        await self._exchange.proto.send(message)
        connection = take_over_connection(self._exchange.scope["client"])
        if connection is None:
            self._messages.put_nowait({"type": "websocket.disconnect", "code": CloseCode.ABNORMAL_CLOSURE})
            return
        link = FrameLink(connection, self._messages, message.get("max_size", MAX_MESSAGE))
        await asyncio.get_running_loop().connect_accepted_socket(lambda: link, connection)
        self._link = link


class FrameLink(asyncio.BufferedProtocol):
    """The frames of a connection: those that came become messages, and pings, closing and time-outs are seen to.

    Attributes:
        has_ended: the connection is closed.
    """

    def __init__(self, connection: socket.socket, messages: asyncio.Queue[Message], max_size: int) -> None:
        self._connection, self._messages = connection, messages
        self._frames = Protocol(Side.SERVER, max_size=max_size)
        self._parts, self._is_text = bytearray(), True
        self._is_alive, self._is_ending = True, False
        self._due = self._paused_until = 0.0
        self._is_writable, self.has_ended = asyncio.Event(), asyncio.Event()
        self._is_writable.set()

    async def send_text(self, text: str) -> None:
        """Send a text, and wait until most of it is on its way; nothing happens once the socket is closing."""
        if self._frames.state is OPEN:
            self._frames.send_text(text.encode())
            self._write_waiting_frames()
            await self._is_writable.wait()

    def send_close(self, code: int, reason: str) -> None:
        """Begin to close the socket; nothing happens if it is closing."""
        if self._frames.state is OPEN:
            self._frames.send_close(code, reason)
            self._write_waiting_frames()
            self._transport.resume_reading()
            self._end_connection_soon()

    def read_on_if_free(self) -> None:
        """Read again, when messages were taken and no flood is being slowed down."""
        if self._messages.qsize() < MAX_UNTAKEN and asyncio.get_running_loop().time() >= self._paused_until:
            self._transport.resume_reading()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=WRITE_BYTES)
        self._timer = asyncio.get_running_loop().call_later(HEARTBEAT_SECONDS, self._send_heartbeat)

    def get_buffer(self, _sizehint: int) -> bytearray:
        """Return the buffer of this thread's loop: what is read into it is taken at once, by `buffer_updated`."""
        return _of_thread.buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._frames.receive_data(bytes(memoryview(_of_thread.buffer)[:nbytes]))
        frames = cast("list[Frame]", self._frames.events_received())
        for frame in frames:
            self._take_frame(frame)
        self._slow_flood_down(len(frames))
        self._write_waiting_frames()
        if self._frames.close_expected():
            self._end_connection_soon()

    def eof_received(self) -> bool:
        self._frames.receive_eof()
        self._write_waiting_frames()
        return False

    def connection_lost(self, _exc: Exception | None) -> None:
        self._timer.cancel()
        close = self._frames.close_rcvd
        code = CloseCode.ABNORMAL_CLOSURE if close is None else close.code
        self._messages.put_nowait({"type": "websocket.disconnect", "code": code})
        self._is_writable.set()
        self.has_ended.set()
        with suppress(OSError):  # the client was faster
            self._connection.shutdown(socket.SHUT_RDWR)  # granian has a descriptor of it, too

    def pause_writing(self) -> None:
        self._is_writable.clear()

    def resume_writing(self) -> None:
        self._is_writable.set()

    def _take_frame(self, frame: Frame) -> None:
        """Collect the frames of a message, and hand it on with the last one."""
        if frame.opcode is Opcode.PONG:
            self._is_alive = True
        if frame.opcode not in _OF_MESSAGES or self._frames.state is not OPEN:
            return
        if frame.opcode is not Opcode.CONT:
            self._parts, self._is_text = bytearray(), frame.opcode is Opcode.TEXT
        self._parts += frame.data
        if frame.fin:
            self._hand_message_on(bytes(self._parts))

    def _slow_flood_down(self, frames: int) -> None:
        """Pause reading where frames come faster than they may, until they would have come in order."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._due = max(self._due, now) + frames / FRAMES_PER_SECOND
        if self._due > now + 1 and not self._is_ending:
            self._paused_until = self._due - 1
            self._transport.pause_reading()
            loop.call_at(self._paused_until, self.read_on_if_free)

    def _hand_message_on(self, data: bytes) -> None:
        message: dict[str, Any] = {"type": "websocket.receive"}
        try:
            message |= {"text": data.decode()} if self._is_text else {"bytes": data}
        except UnicodeDecodeError:
            self._frames.fail(CloseCode.INVALID_DATA, "A text has to be UTF-8.")
            return
        self._messages.put_nowait(message)
        if self._messages.qsize() >= MAX_UNTAKEN:
            self._transport.pause_reading()

    def _write_waiting_frames(self) -> None:
        for data in self._frames.data_to_send():
            if self._transport.is_closing():
                return
            if self._transport.get_write_buffer_size() > MAX_BACKLOG:
                self._transport.abort()
            elif data:
                self._transport.write(data)
            else:  # what the client still sends is read, lest it never reads why this ends
                self._transport.write_eof()

    def _end_connection_soon(self) -> None:
        """Give the closing handshake, once it has begun, a moment."""
        if not self._is_ending:
            self._is_ending = True
            self._start_timer(CLOSE_SECONDS, self._transport.abort)

    def _send_heartbeat(self) -> None:
        """Ping, unless the ping before is not answered: then the client is gone, or does not read."""
        if not self._is_alive:
            self.send_close(CloseCode.TRY_AGAIN_LATER, "There was no answer to a ping.")
        elif self._frames.state is OPEN:
            self._is_alive = False
            self._frames.send_ping(b"")
            self._write_waiting_frames()
            self._start_timer(HEARTBEAT_SECONDS, self._send_heartbeat)

    def _start_timer(self, seconds: float, call: Callable[[], object]) -> None:
        """Start the one timer: the next heartbeat, or the end."""
        self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(seconds, call)

"""Frames that wait for a client to read them: one writer a socket, within a bound (contract, SSE)."""

import asyncio
from collections import deque
from collections.abc import Coroutine
from typing import Any, Final

from petstore.interfaces.representation.json_text import render_json_bytes
from petstore.interfaces.websocket.sent_frames import Frame
from petstore.server.socket_frames import MAX_BACKLOG
from petstore.server.web_sockets import TRY_AGAIN_LATER, SocketClosed, WebSocket

DRAIN_SECONDS: Final = 2.0
"""The time for a client to take what was said before the end."""


class Outbox:
    """Sends frames in their order, as fast as the client reads. Used in the event loop only.

    Attributes:
        is_ending: the socket is about to be closed, and nothing more is taken.
    """

    def __init__(self, socket: WebSocket) -> None:
        self.is_ending = False
        self._socket = socket
        self._texts: deque[str] = deque()
        self._waiting_bytes = 0
        self._has_texts, self._is_empty = asyncio.Event(), asyncio.Event()
        self._is_empty.set()
        self._tasks = [asyncio.get_running_loop().create_task(self._send_waiting_texts())]

    def put_frame(self, frame: Frame) -> None:
        """Send a frame soon; a client for whom too much waits already is cut off."""
        if self.is_ending:
            return
        data = render_json_bytes(frame)
        self._texts.append(data.decode())
        self._waiting_bytes += len(data)
        self._is_empty.clear()
        self._has_texts.set()
        if self._waiting_bytes > MAX_BACKLOG:
            self._texts.clear()
            self._end(self._socket.close(TRY_AGAIN_LATER, "You do not read."))

    def close_when_empty(self, code: int, reason: str) -> None:
        """Close the socket when all was sent, or after a moment; nothing happens where it is closing already."""
        if not self.is_ending:
            self._end(self._close_when_empty(code, reason))

    async def wait_for_end(self) -> None:
        """Wait until what ends the socket has been done, and stop the writer."""
        writer, *enders = self._tasks
        await asyncio.gather(*enders)
        writer.cancel()
        (outcome,) = await asyncio.gather(writer, return_exceptions=True)
        if isinstance(outcome, Exception):
            raise outcome

    def _end(self, work: Coroutine[Any, Any, None]) -> None:
        self.is_ending = True
        self._tasks.append(asyncio.get_running_loop().create_task(work))

    async def _close_when_empty(self, code: int, reason: str) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                await self._is_empty.wait()
        except TimeoutError:  # it does not read; the rest is lost on it
            pass
        await self._socket.close(code, reason)

    async def _send_waiting_texts(self) -> None:
        try:
            while True:
                await self._has_texts.wait()
                await self._send_texts()
        except SocketClosed:
            self._is_empty.set()

    async def _send_texts(self) -> None:
        while self._texts:
            text = self._texts.popleft()
            await self._socket.send_text(text)
            self._waiting_bytes -= len(text.encode())
        self._has_texts.clear()
        self._is_empty.set()

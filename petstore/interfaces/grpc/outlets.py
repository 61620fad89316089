"""Messages on their way to a client that may read slowly (contract, gRPC)."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from kernel.errors import DomainError, Kind

MAX_WAITING_BYTES: Final = 1024 * 1024
STALLED_SECONDS: Final = 10.0
"""For a client behind which that much waits to read some of it."""


class ReadsTooSlowly(DomainError):
    """So much waits for the client that it is cut off; it may watch again and misses nothing."""

    kind = Kind.UNAVAILABLE
    code = "reads_too_slowly"
    title = "You do not read what is sent; watch again after the last event that you have"
    retry_after = 1


class MessageOutlet:
    """The way out of one stream; a task writes as long as something waits.

    Args:
        write: sends one message, and returns when the client's window has room for more.
    """

    def __init__(self, write: Callable[[bytes], Awaitable[None]], most: int = MAX_WAITING_BYTES) -> None:
        self._write, self._most = write, most
        self._waiting: deque[bytes] = deque()
        self._size = 0
        self._writing: asyncio.Task[None] | None = None

    async def send_message(self, message: bytes) -> None:
        """Send a message, or let it wait; raises ReadsTooSlowly where too much waits already."""
        self._waiting.append(message)
        self._size += len(message)
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write_all())
        if self._size > self._most:
            await self.send_rest()

    async def send_rest(self) -> None:
        """Wait until everything is sent; raises ReadsTooSlowly where nothing is for a while."""
        while self._writing is not None and not self._writing.done():
            before = self._size
            await asyncio.wait((self._writing,), timeout=STALLED_SECONDS)
            if self._size == before and not self._writing.done():
                raise ReadsTooSlowly
        if self._writing is not None:
            self._writing.result()

    async def close(self) -> None:
        """Drop what was not sent."""
        self._waiting.clear()
        if self._writing is not None and not self._writing.done():
            self._writing.cancel()
            await asyncio.wait((self._writing,))

    async def _write_all(self) -> None:
        while self._waiting:
            message = self._waiting.popleft()
            await self._write(message)
            self._size -= len(message)

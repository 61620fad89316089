"""Links between the web processes of one `serve`: messages both ways over a socket in their private folder.

A process that has died or is stuck is no sibling any more: whoever asks for it is told so within seconds.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final

from petstore.server.siblings import NoSuchSibling, own_name, sibling_path

OPEN_SECONDS: Final = 5.0
"""The time for the other process to greet."""
SEND_SECONDS: Final = 20.0
"""The time for the other process to take what waits."""
MAX_LENGTH: Final = 4 * 1024 * 1024
"""Bytes of a message."""
MAX_LINKS: Final = 3000
"""Open at a time, to one process: more than it may have sessions."""
_LENGTH_BYTES: Final = 4
_GREETING: Final = b"."

logger = logging.getLogger(__name__)


class SiblingGone(Exception):
    """The other process has ended, is stuck, or never was one."""


class SiblingLink:
    """One end of a link."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer

    async def send_message(self, message: bytes) -> None:
        """Send a message, and wait while much is on its way; raises SiblingGone."""
        self._writer.write(len(message).to_bytes(_LENGTH_BYTES) + message)
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await self._writer.drain()
        except (OSError, TimeoutError) as error:
            raise SiblingGone from error

    async def receive_message(self, seconds: float | None = None) -> bytes:
        """Return the next message; raises SiblingGone, also where there is none in so many seconds."""
        try:
            async with asyncio.timeout(seconds):
                length = int.from_bytes(await self._reader.readexactly(_LENGTH_BYTES))
                if length > MAX_LENGTH:
                    raise SiblingGone
                return await self._reader.readexactly(length)
        except (OSError, EOFError, TimeoutError) as error:
            raise SiblingGone from error

    def close_link(self) -> None:
        """Close the link; what was sent still arrives."""
        self._writer.close()


@asynccontextmanager
async def open_sibling_link(name: str, kind: str) -> AsyncIterator[SiblingLink]:
    """Open a link to another process for as long as the block lasts.

    Args:
        name: as in `siblings.own_name`; it may come from anybody.
        kind: what the link is for, as the other process listens for it.

    Raises:
        SiblingGone
    """
    try:
        async with asyncio.timeout(OPEN_SECONDS):
            reader, writer = await asyncio.open_unix_connection(sibling_path(name, kind))
    except (NoSuchSibling, OSError, TimeoutError) as error:
        raise SiblingGone from error
    link = SiblingLink(reader, writer)
    try:
        if await link.receive_message(OPEN_SECONDS) != _GREETING:
            raise SiblingGone
        yield link
    finally:
        link.close_link()


class SiblingListener:
    """A listener that serves the links of one kind, which other processes open to this one."""

    def __init__(self, kind: str, serve: Callable[[SiblingLink], Awaitable[None]]) -> None:
        self._kind, self._serve = kind, serve
        self._tasks: set[asyncio.Task[None]] = set()
        self._starting = asyncio.Lock()
        self._server: asyncio.Server | None = None

    async def start_listening(self) -> None:
        """Listen from now on; nothing happens where this process has no name, or listens."""
        name = own_name()
        if name is None or self._server is not None:
            return
        async with self._starting:
            if self._server is None:
                path = sibling_path(name, self._kind)
                path.unlink(missing_ok=True)  # of a process that had the same number
                self._server = await asyncio.start_unix_server(self._accept_link, path)

    async def stop_listening(self) -> None:
        """Listen no more, and end the links that are open."""
        if self._server is not None:
            self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _accept_link(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._tasks) >= MAX_LINKS:
            writer.close()
            return
        task = asyncio.get_running_loop().create_task(self._serve_link(SiblingLink(reader, writer)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve_link(self, link: SiblingLink) -> None:
        try:
            with suppress(SiblingGone):
                await link.send_message(_GREETING)
                await self._serve(link)
        except Exception:  # a defect of one link does not end the others
            logger.exception("A link of another process could not be served")
        finally:
            link.close_link()

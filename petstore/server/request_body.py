"""Reading a request's body: within a time, up to a size, and large ones into a file (guarantees, G18)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple, cast

from petstore.server.request_head import Expected, Refused
from petstore.server.request_limits import MAX_UPLOAD

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

BODY_SECONDS = 20.0
IN_MEMORY = 64 * 1024
DISCARD_SECONDS = 5.0
PAUSE_SECONDS = 0.25
MOST_DISCARDED = 16 * 1024 * 1024
MOST_IN_FILES = 64
"""Bodies on their way at once that are larger than that."""
RETRY_SECONDS = "2"


class Disconnected(Exception):
    """The caller left before the request was complete, or what they sent was no body."""


class Body(NamedTuple):
    """A body as it was read; `length` is more than any limit where it was too long to be read at all."""

    file: IO[bytes]
    length: int


def unread() -> Body:
    """Return the stand-in for a body that is too large: a length by which Django refuses it."""
    return Body(BytesIO(), MAX_UPLOAD + 1)


_in_files = 0


async def read_body(
    receive: Receive, expected: Expected, first: Message | None = None, seconds: float = BODY_SECONDS
) -> Body:
    """The body, whole, or `unread`. Raises Refused when it takes too long, Disconnected when its end does not come.

    Args:
        first: its first part, where somebody has received that already.
        seconds: how much time is left for it.
    """
    if expected.is_too_large:
        if not expected.waits:
            await discard_body(receive)
        return unread()
    try:
        async with asyncio.timeout(seconds):
            return await _read(receive, expected, first or await _part(receive))
    except TimeoutError:
        raise too_slow() from None


def whole(message: Message, expected: Expected) -> Body | None:
    """The body, if it is in this one message."""
    body = message.get("body", b"")
    is_whole = len(body) == expected.length or not message.get("more_body", False)
    return Body(BytesIO(body), len(body)) if is_whole and message["type"] == "http.request" else None


def too_slow() -> Refused:
    """The refusal of a body that does not come."""
    return Refused(408)


async def discard_body(receive: Receive) -> None:
    """Read on and forget, as long as it keeps coming and within bounds: a caller who still sends reads no answer."""
    size, ends = 0, asyncio.get_running_loop().time() + DISCARD_SECONDS
    with suppress(TimeoutError, Disconnected):
        while size < MOST_DISCARDED and asyncio.get_running_loop().time() < ends:
            message = await asyncio.wait_for(_part(receive), PAUSE_SECONDS)
            size += len(message.get("body", b""))
            if not message.get("more_body", False):
                return


async def _read(receive: Receive, expected: Expected, first: Message) -> Body:
    if first["type"] == "http.disconnect":
        raise Disconnected
    return whole(first, expected) or await _read_on(receive, expected, first.get("body", b""))


async def _read_on(receive: Receive, expected: Expected, first: bytes) -> Body:
    """The rest, in parts: in memory while it is small, then in a file."""
    parts, size = [first], len(first)
    while size <= IN_MEMORY:
        message = await _part(receive)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size == expected.length or not message.get("more_body", False):
            return Body(BytesIO(b"".join(parts)), size)
    return await _spool(receive, expected, b"".join(parts))


async def _spool(receive: Receive, expected: Expected, beginning: bytes) -> Body:
    global _in_files  # noqa: PLW0603  # one figure of this process; only its event loop counts
    if _in_files >= MOST_IN_FILES:
        raise _busy("Too many large bodies are on their way.")
    _in_files += 1
    file = cast("IO[bytes]", SpooledTemporaryFile(IN_MEMORY))  # noqa: SIM115  # the request closes it
    try:
        return await _copy(receive, expected, beginning, file)
    except OSError as error:
        file.close()
        raise _busy("There is no room for a body of this size.") from error
    except BaseException:
        file.close()
        raise
    finally:
        _in_files -= 1


async def _copy(receive: Receive, expected: Expected, beginning: bytes, file: IO[bytes]) -> Body:
    size = file.write(beginning)
    while size != expected.length:
        if size > expected.most:
            file.close()
            await discard_body(receive)
            return unread()
        message = await _part(receive)
        size += file.write(message.get("body", b""))
        if not message.get("more_body", False):
            break
    file.seek(0)
    return Body(file, size)


async def _part(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message


def _busy(detail: str) -> Refused:
    return Refused(503, detail, [("Retry-After", RETRY_SECONDS)])

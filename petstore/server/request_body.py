"""Reading of request bodies: with a deadline, up to a size, and large ones into a file (guarantees, G18)."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from io import BytesIO
from tempfile import SpooledTemporaryFile
from typing import IO, Any, NamedTuple, cast

from petstore.server.request_head import ExpectedBody, Refused
from petstore.server.request_limits import MAX_UPLOAD

Message = Mapping[str, Any]
Receive = Callable[[], Awaitable[Message]]

BODY_SECONDS = 20.0
MAX_IN_MEMORY = 64 * 1024
DISCARD_SECONDS = 5.0
PAUSE_SECONDS = 0.25
MAX_DISCARDED = 16 * 1024 * 1024
MAX_BODIES_IN_FILES = 64
"""The number of larger bodies that may arrive at the same time."""
RETRY_SECONDS = "2"


class Disconnected(Exception):
    """The caller left before the request was complete, or sent an incomplete body."""


class Body(NamedTuple):
    """A body as it was read; `length` is above every limit where it was too long to be read at all."""

    file: IO[bytes]
    length: int


def stand_in_for_unread() -> Body:
    """Return the stand-in for a body that is too large: a length at which Django refuses it."""
    return Body(BytesIO(), MAX_UPLOAD + 1)


_bodies_in_files = 0


async def read_request_body(
    receive: Receive, expected: ExpectedBody, first: Message | None = None, seconds: float = BODY_SECONDS
) -> Body:
    """Read the whole body, or return `stand_in_for_unread` for one that is too large.

    Args:
        first: its first part, if it was received already.
        seconds: the time left.

    Raises:
        Refused: it takes too long, or there is no room for it.
        Disconnected: its end does not come.
    """
    if expected.is_too_large:
        if not expected.waits:
            await discard_request_body(receive)
        return stand_in_for_unread()
    try:
        async with asyncio.timeout(seconds):
            return await _read_first_part(receive, expected, first or await _receive_body_part(receive))
    except TimeoutError:
        raise refuse_late_body() from None


def take_whole_body(message: Message, expected: ExpectedBody) -> Body | None:
    """Return the body if this one message holds all of it."""
    body = message.get("body", b"")
    is_whole = len(body) == expected.length or not message.get("more_body", False)
    return Body(BytesIO(body), len(body)) if is_whole and message["type"] == "http.request" else None


def refuse_late_body() -> Refused:
    """Return the refusal of a body that is late."""
    return Refused(408)


async def discard_request_body(receive: Receive) -> None:
    """Read and discard what the caller still sends, within bounds: else the caller never reads the response."""
    size, ends = 0, asyncio.get_running_loop().time() + DISCARD_SECONDS
    with suppress(TimeoutError, Disconnected):
        while size < MAX_DISCARDED and asyncio.get_running_loop().time() < ends:
            message = await asyncio.wait_for(_receive_body_part(receive), PAUSE_SECONDS)
            size += len(message.get("body", b""))
            if not message.get("more_body", False):
                return


async def _read_first_part(receive: Receive, expected: ExpectedBody, first: Message) -> Body:
    if first["type"] == "http.disconnect":
        raise Disconnected
    return take_whole_body(first, expected) or await _read_in_memory(receive, expected, first.get("body", b""))


async def _read_in_memory(receive: Receive, expected: ExpectedBody, first: bytes) -> Body:
    """Read the rest into memory, or into a file once it is large."""
    parts, size = [first], len(first)
    while size <= MAX_IN_MEMORY:
        message = await _receive_body_part(receive)
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size == expected.length or not message.get("more_body", False):
            return Body(BytesIO(b"".join(parts)), size)
    return await _read_into_file(receive, expected, b"".join(parts))


async def _read_into_file(receive: Receive, expected: ExpectedBody, beginning: bytes) -> Body:
    global _bodies_in_files  # noqa: PLW0603  # one figure of this process; only its event loop counts
    if _bodies_in_files >= MAX_BODIES_IN_FILES:
        raise _refuse_without_room("Too many large bodies are on their way.")
    _bodies_in_files += 1
    file = cast("IO[bytes]", SpooledTemporaryFile(MAX_IN_MEMORY))  # noqa: SIM115  # the request closes it
    try:
        return await _copy_parts(receive, expected, beginning, file)
    except OSError as error:
        file.close()
        raise _refuse_without_room("There is no room for a body of this size.") from error
    except BaseException:
        file.close()
        raise
    finally:
        _bodies_in_files -= 1


async def _copy_parts(receive: Receive, expected: ExpectedBody, beginning: bytes, file: IO[bytes]) -> Body:
    size = file.write(beginning)
    while size != expected.length:
        if size > expected.most:
            file.close()
            await discard_request_body(receive)
            return stand_in_for_unread()
        message = await _receive_body_part(receive)
        size += file.write(message.get("body", b""))
        if not message.get("more_body", False):
            break
    file.seek(0)
    return Body(file, size)


async def _receive_body_part(receive: Receive) -> Message:
    message = await receive()
    if message["type"] == "http.disconnect":
        raise Disconnected
    return message


def _refuse_without_room(detail: str) -> Refused:
    return Refused(503, detail, [("Retry-After", RETRY_SECONDS)])

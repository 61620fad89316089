"""Hearing an order's events as an EventSource does."""

import asyncio
import json
from collections.abc import Callable
from typing import Any, NamedTuple

from django.db import connections

from petstore import asgi
from petstore.server.asgi_handler import ThreadedHandler
from tests.asyncapi.checking import require_described_message
from tests.concurrency import PATIENCE


class Heard(NamedTuple):
    """One event of a stream."""

    id: str
    event: str
    data: Any


def parsed(stream: bytes) -> list[Heard]:
    """The events of a stream of the API, each as the AsyncAPI document says."""
    heard = read_events(stream)
    for one in heard:
        require_described_message("orderEventStream", "send", one.event, one.data)
    return heard


def read_events(stream: bytes) -> list[Heard]:
    """The events of any stream; comments and `retry` are none."""
    blocks = (dict(_lines(block)) for block in stream.decode().split("\n\n"))
    return [Heard(block["id"], block["event"], json.loads(block["data"])) for block in blocks if "data" in block]


def _lines(block: str) -> list[tuple[str, str]]:
    pairs = (line.partition(": ") for line in block.split("\n"))
    return [(name, value) for name, _, value in pairs if name]


class Stream:
    """A caller of the ASGI application who listens: `async with Stream(path) as stream`.

    Attributes:
        head: the start of the answer, once `begin` has returned.
        heard: the events so far.
        comments: how many comments came so far.
    """

    _parse: Callable[[bytes], list[Heard]] = staticmethod(parsed)

    def __init__(self, path: str, *, method: str = "GET", **headers: str) -> None:
        named = {"host": "localhost", "accept": "text/event-stream", **headers}
        self._scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "headers": [(name.replace("_", "-").encode(), value.encode()) for name, value in named.items()],
        }
        self._has_left = asyncio.Event()
        self._sent: asyncio.Queue[Any] = asyncio.Queue()
        self._asked = False
        self.head: Any = None
        self.heard: list[Heard] = []
        self.comments = 0
        self.has_ended = False

    async def __aenter__(self) -> "Stream":
        self._task = asyncio.create_task(asgi.application(self._scope, self._receive, self._sent.put))
        self.head = await self._next()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._has_left.set()
        await self._task

    async def until(self, number: int) -> list[Heard]:
        """Listen until so many events have come, or it has ended."""
        while len(self.heard) < number and not self.has_ended:
            await self._listen()
        return self.heard

    async def to_its_end(self) -> list[Heard]:
        while not self.has_ended:
            await self._listen()
        return self.heard

    async def until_a_comment(self) -> None:
        before = self.comments
        while self.comments == before:
            await self._listen()

    async def _listen(self) -> None:
        message = await self._next()
        body = message.get("body", b"")
        self.heard += self._parse(body)
        self.comments += body == b":\n\n"
        self.has_ended = not message.get("more_body", False)

    async def _next(self) -> Any:
        return await asyncio.wait_for(self._sent.get(), PATIENCE)

    async def _receive(self) -> Any:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._has_left.wait()
        return {"type": "http.disconnect"}


def close_threads_of(handler: ThreadedHandler) -> None:
    """End its request threads, which would keep their connections for the next request."""
    handler.pool.end_threads()


async def meanwhile(do: Callable[..., Any], *args: Any) -> Any:
    """Do something with the database while others listen; its connection is closed at the end."""

    def done() -> Any:
        try:
            return do(*args)
        finally:
            connections.close_all()

    return await asyncio.to_thread(done)

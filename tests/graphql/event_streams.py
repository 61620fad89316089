"""A client of GraphQL over SSE, of the ASGI application itself."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from petstore import asgi
from tests.concurrency import PATIENCE

PATH = "/v1/graphql"
STREAM = "text/event-stream"


class Event(NamedTuple):
    """One event: `next` with a result, or `complete`."""

    kind: str
    data: Any


class Stream:
    """One answer: `async with Stream(query) as stream`.

    Attributes:
        status: of the answer.
        headers: by their names in small letters.
        body: all that came.
        has_ended: the answer is whole.
    """

    def __init__(
        self,
        query: str,
        variables: dict[str, Any] | None = None,
        *,
        method: str = "POST",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        asked = {"query": query, "variables": variables or {}}
        body = json.dumps(asked).encode() if method == "POST" else b""
        in_query = urlencode({"query": query, "variables": json.dumps(variables or {})}).encode()
        named = {"host": "localhost", "accept": STREAM}
        if body:
            named |= {"content-type": "application/json", "content-length": str(len(body))}
        named |= {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        self._scope: dict[str, Any] = {
            "type": "http",
            "method": method,
            "path": PATH,
            "query_string": b"" if body else in_query,
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
        }
        self._parts = [{"type": "http.request", "body": body, "more_body": False}]
        self._has_left, self._sent = asyncio.Event(), asyncio.Queue[Any]()
        self.status, self.body, self.has_ended = 0, b"", False
        self.headers: dict[str, str] = {}

    async def __aenter__(self) -> "Stream":
        self._task = asyncio.create_task(asgi.application(self._scope, self._receive, self._sent.put))
        head = await asyncio.wait_for(self._sent.get(), PATIENCE)
        self.status = head["status"]
        self.headers = {name.decode().lower(): value.decode() for name, value in head["headers"]}
        return self

    async def __aexit__(self, *_: object) -> None:
        self._has_left.set()
        await self._task

    @property
    def events(self) -> list[Event]:
        blocks = [block.split("\n") for block in self.body.decode().split("\n\n") if block.startswith("event: ")]
        return [Event(kind.removeprefix("event: "), json.loads(data[5:] or "null")) for kind, data in blocks]

    @property
    def results(self) -> list[Any]:
        return [event.data for event in self.events if event.kind == "next"]

    async def until(self, number: int) -> list[Event]:
        """Listen until so many events have come."""
        while len(self.events) < number and not self.has_ended:
            await self._take_part()
        return self.events

    async def to_its_end(self) -> list[Event]:
        while not self.has_ended:
            await self._take_part()
        return self.events

    async def until_a_comment(self) -> None:
        before = self.body.count(b"\n:\n")
        while self.body.count(b"\n:\n") == before:
            await self._take_part()

    async def _take_part(self) -> None:
        part = await asyncio.wait_for(self._sent.get(), PATIENCE)
        self.body += part.get("body", b"")
        self.has_ended = not part.get("more_body", False)

    async def _receive(self) -> Any:
        if self._parts:
            return self._parts.pop()
        await self._has_left.wait()
        return {"type": "http.disconnect"}

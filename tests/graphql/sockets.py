"""A client of `graphql-transport-ws`, of the ASGI application itself."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

from accounts.models import User
from petstore import asgi
from tests.concurrency import PATIENCE
from tests.rest.listening import meanwhile
from tests.rest.tokens import access

PATH = "/v1/graphql"
SUBPROTOCOL = "graphql-transport-ws"


class Socket:
    """One web socket: `async with Socket() as socket`.

    Attributes:
        subprotocol: that the server chose; None before it accepts, and where it chose none.
        status: of the answer of a handshake that is refused.
        code: of the close frame, once there was one.
        messages: of the protocol, that came so far.
    """

    def __init__(self, *subprotocols: str, path: str = PATH, **headers: str) -> None:
        named = {"host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
        self._scope: dict[str, Any] = {
            "type": "websocket",
            "path": path,
            "query_string": b"",
            "http_version": "1.1",
            "client": ("127.0.0.1", 50_000),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "subprotocols": list(subprotocols or (SUBPROTOCOL,)),
        }
        self._incoming: asyncio.Queue[Any] = asyncio.Queue()
        self._sent: asyncio.Queue[Any] = asyncio.Queue()
        self.subprotocol: str | None = None
        self.status = self.code = 0
        self.reason = ""
        self.messages: list[dict[str, Any]] = []

    def add_header(self, name: bytes, value: bytes) -> "Socket":
        self._scope["headers"].append((name, value))
        return self

    async def __aenter__(self) -> "Socket":
        self._incoming.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(asgi.application(self._scope, self._incoming.get, self._sent.put))
        await self.take_sent()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._leave()
        await asyncio.wait_for(self._task, PATIENCE)

    def send(self, kind: str, operation: str | None = None, payload: Any = None) -> None:
        """Send a message; what is None is left out."""
        message = {"id": operation, "type": kind, "payload": payload}
        self.send_text(json.dumps({name: value for name, value in message.items() if value is not None}))

    def send_text(self, text: str) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "text": text})

    def send_bytes(self, data: bytes) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "bytes": data})

    def subscribe(self, operation: str, query: str, **variables: Any) -> None:
        self.send("subscribe", operation, {"query": query, "variables": variables})

    async def greet(self, user: User | None = None, payload: Mapping[str, Any] | None = None) -> "Socket":
        """Introduce oneself and be acknowledged."""
        payload = dict(payload or {})
        if user is not None:
            token = await meanwhile(lambda: access(user))
            payload |= {"authorization": f"Bearer {token}", "x-tenant-id": str(user.tenant_id)}
        self.send("connection_init", payload=payload or None)
        assert await self.next() == {"type": "connection_ack"}, self.code
        return self

    async def next(self) -> dict[str, Any]:
        """The next message; fails where the socket is closed instead."""
        before = len(self.messages)
        while len(self.messages) == before:
            assert not self.code, (self.code, self.reason)
            await self.take_sent()
        return self.messages[-1]

    async def results(self, operation: str, number: int) -> list[dict[str, Any]]:
        """So many messages of an operation."""
        found: list[dict[str, Any]] = []
        while len(found) < number:
            message = await self.next()
            found += [message] if message.get("id") == operation else []
        return found

    async def closed(self) -> int:
        """The code that it is closed with."""
        while not self.code:
            await self.take_sent()
        return self.code

    async def take_sent(self) -> None:
        message = await asyncio.wait_for(self._sent.get(), PATIENCE)
        if message["type"] == "websocket.accept":
            self.subprotocol = message["subprotocol"]
        elif message["type"] == "websocket.send":
            self.messages.append(json.loads(message["text"]))
        elif message["type"] == "websocket.close":
            self.code, self.reason = message["code"], message["reason"]
            self._leave()
        elif message["type"] == "websocket.http.response.start":
            self.status = message["status"]

    def _leave(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1005})

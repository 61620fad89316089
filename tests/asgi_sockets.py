"""A web socket of the ASGI application itself, below any protocol."""

import asyncio
from collections.abc import Mapping
from typing import Any, Self
from urllib.parse import urlencode

from petstore import asgi
from tests.concurrency import PATIENCE


class AsgiSocket:
    """One web socket: `async with AsgiSocket(path) as socket`.

    Attributes:
        scope: the handshake, as ASGI has it.
        subprotocol: that the server chose; None before it accepts, and where it chose none.
        status, answer_headers: of the answer of a handshake that is refused.
        code, reason: of the close frame, once there was one.
    """

    def __init__(
        self,
        path: str,
        query: Mapping[str, str] | str = "",
        headers: Mapping[str, str] | None = None,
        subprotocols: tuple[str, ...] = (),
    ) -> None:
        named = {"host": "localhost", **(headers or {})}
        self.scope: dict[str, Any] = {
            "type": "websocket",
            "path": path,
            "query_string": (query if isinstance(query, str) else urlencode(query)).encode(),
            "http_version": "1.1",
            "client": ("127.0.0.1", 50_000),
            "headers": [(name.encode(), value.encode()) for name, value in named.items()],
            "subprotocols": list(subprotocols),
        }
        self.subprotocol: str | None = None
        self.status = self.code = 0
        self.reason = ""
        self.answer_headers: dict[str, str] = {}
        self._may_send = asyncio.Event()
        self._may_send.set()

    async def __aenter__(self) -> Self:
        self._incoming: asyncio.Queue[Any] = asyncio.Queue()
        self._sent: asyncio.Queue[Any] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(asgi.application(self.scope, self._incoming.get, self._take))
        await self.take_sent()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._may_send.set()
        self.leave()
        await asyncio.wait_for(self._task, PATIENCE)

    def put_text(self, text: str) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "text": text})

    def put_bytes(self, data: bytes) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "bytes": data})

    def stop_reading(self) -> None:
        """Leave what comes on the line, from the next message on."""
        self._may_send.clear()

    def leave(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1005})

    async def until_closed(self) -> None:
        while not self.code:
            await self.take_sent()

    async def take_sent(self) -> str | None:
        """Take the next thing that the server sends; return it where it is a text, and None for the rest."""
        message = await asyncio.wait_for(self._sent.get(), PATIENCE)
        if message["type"] == "websocket.send":
            return str(message["text"])
        if message["type"] == "websocket.accept":
            self.subprotocol = message["subprotocol"]
        elif message["type"] == "websocket.close":
            self.code, self.reason = message["code"], message["reason"]
            self._may_send.set()
            self.leave()
        elif message["type"] == "websocket.http.response.start":
            self.status = message["status"]
            self.answer_headers = {name.decode(): value.decode() for name, value in message["headers"]}
        return None

    async def _take(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            await self._may_send.wait()
        self._sent.put_nowait(message)

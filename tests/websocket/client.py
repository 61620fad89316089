"""A client of the store's web sockets, of the ASGI application itself, and the frames that went over all of them."""

import asyncio
import json
from typing import Any, NamedTuple
from urllib.parse import urlencode

from accounts.models import User
from petstore import asgi
from tests.asyncapi.checking import require_described_message
from tests.concurrency import PATIENCE
from tests.rest.listening import meanwhile
from tests.rest.tokens import access

CHAT = "/v1/ws/chat"
Frame = dict[str, Any]


class Seen(NamedTuple):
    """A frame that went over a socket.

    Attributes:
        path: of the socket.
        is_ours: the store has sent it.
    """

    path: str
    is_ours: bool
    frame: Frame


def see_frame(seen: Seen) -> Frame:
    """The one place that all frames pass, whatever carries them: each is what the AsyncAPI document says."""
    channel = "supportChat" if seen.path == CHAT else "orderEvents"
    require_described_message(channel, "send" if seen.is_ours else "receive", seen.frame["type"], seen.frame)
    return seen.frame


def order_path(order_id: object) -> str:
    return f"/v1/ws/orders/{order_id}"


class Socket:
    """One web socket: `async with Socket() as socket`.

    Attributes:
        subprotocol: that the server chose; None before it accepts, and where it chose none.
        status: of the answer of a handshake that is refused.
        code: of the close frame, once there was one.
        frames: that came so far.
    """

    def __init__(self, path: str = CHAT, *subprotocols: str, query: dict[str, str] | str = "", **headers: str) -> None:
        named = {"host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.path = path
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
        self.answer_headers: dict[str, str] = {}
        self.reason = ""
        self.frames: list[Frame] = []
        self._may_send = asyncio.Event()
        self._may_send.set()

    def add_header(self, name: str, value: str) -> "Socket":
        self.scope["headers"].append((name.encode(), value.encode()))
        return self

    async def __aenter__(self) -> "Socket":
        self._incoming: asyncio.Queue[Any] = asyncio.Queue()
        self._sent: asyncio.Queue[Any] = asyncio.Queue()
        self._incoming.put_nowait({"type": "websocket.connect"})
        self._task = asyncio.create_task(asgi.application(self.scope, self._incoming.get, self._take))
        await self._take_sent()
        return self

    async def __aexit__(self, *_: object) -> None:
        self._may_send.set()
        self.leave()
        await asyncio.wait_for(self._task, PATIENCE)

    def tell(self, kind: str, **values: Any) -> None:
        """Send a frame of the protocol."""
        self.tell_frame({"type": kind, **values})

    def tell_frame(self, frame: Frame) -> None:
        self.tell_text(json.dumps(see_frame(Seen(self.path, is_ours=False, frame=frame))))

    def tell_fault(self, frame: object) -> None:
        """Send what no client should send."""
        self.tell_text(json.dumps(frame))

    def tell_text(self, text: str) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "text": text})

    def tell_bytes(self, data: bytes) -> None:
        self._incoming.put_nowait({"type": "websocket.receive", "bytes": data})

    async def hear(self, *kinds: str) -> Frame:
        """The next frame, which is of one of these types; fails where the socket is closed instead."""
        before = len(self.frames)
        while len(self.frames) == before:
            assert not self.code, (self.code, self.reason)
            await self._take_sent()
        frame = self.frames[-1]
        assert not kinds or frame["type"] in kinds, frame
        return frame

    async def fault(self, kind: str, **values: Any) -> Frame:
        """The problem that a frame at fault is answered with."""
        self.tell_fault({"type": kind, **values})
        frame = await self.hear("error")
        problem: Frame = frame["problem"]
        assert frame["code"] == problem["type"].rpartition("/")[2]
        assert (frame["message"], problem["instance"]) == (problem["title"], self.path)
        return problem

    async def settled(self) -> list[Frame]:
        """What came until a ping was answered: all that frames of before have caused for oneself."""
        self.tell("ping", id="settled")
        before = len(self.frames)
        while (await self.hear()).get("replyTo") != "settled":
            pass
        return self.frames[before:-1]

    async def closed(self) -> tuple[int, str]:
        """The code and the reason that it is closed with."""
        while not self.code:
            await self._take_sent()
        return self.code, self.reason

    def stop_reading(self) -> None:
        """Leave what comes on the line, from the next frame on."""
        self._may_send.clear()

    def leave(self) -> None:
        self._incoming.put_nowait({"type": "websocket.disconnect", "code": 1005})

    async def _take(self, message: Any) -> None:
        if message["type"] == "websocket.send":
            await self._may_send.wait()
        self._sent.put_nowait(message)

    async def _take_sent(self) -> None:
        message = await asyncio.wait_for(self._sent.get(), PATIENCE)
        if message["type"] == "websocket.accept":
            self.subprotocol = message["subprotocol"]
        elif message["type"] == "websocket.send":
            frame = json.loads(message["text"])
            self.frames.append(see_frame(Seen(self.path, is_ours=True, frame=frame)))
        elif message["type"] == "websocket.close":
            self.code, self.reason = message["code"], message["reason"]
            self._may_send.set()
            self.leave()
        elif message["type"] == "websocket.http.response.start":
            self.status = message["status"]
            self.answer_headers = {name.decode(): value.decode() for name, value in message["headers"]}


class ChatClient(Socket):
    """Somebody who is connected to the chat: `async with ChatClient(alice) as hers`."""

    def __init__(self, user: User, *, token: str = "", path: str = CHAT, query: dict[str, str] | None = None) -> None:
        super().__init__(path, query=query or {}, x_tenant_id=str(user.tenant_id))
        self._user, self._token = user, token

    async def __aenter__(self) -> "ChatClient":
        token = self._token or await meanwhile(access, self._user)
        self.scope["subprotocols"] = ["petstore.v1", f"bearer.{token}"]
        await super().__aenter__()
        if self.path == CHAT and not self.status:
            self.hello = await self.hear("connected", "error")
        return self

    async def join(self, room_id: str | None = None, **values: str) -> Frame:
        """Join a room; the answer."""
        self.tell("joinRoom", **({"roomId": room_id} if room_id else {}), **values)
        return await self.hear("roomJoined")

    async def say(self, text: str, message_id: str = "c-1", **values: str) -> Frame:
        """Send a message; the answer."""
        self.tell("chatMessage", id=message_id, text=text, **values)
        delivered = await self.hear("messageDelivered")
        assert delivered["replyTo"] == message_id
        return delivered

"""A client of the store's web sockets, of the ASGI application itself, and the frames that went over all of them."""

import json
from typing import Any, NamedTuple

from accounts.models import User
from tests.asgi_sockets import AsgiSocket
from tests.asyncapi.checking import require_described_message
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


class Socket(AsgiSocket):
    """One web socket: `async with Socket() as socket`.

    Attributes:
        frames: that came so far.
    """

    def __init__(self, path: str = CHAT, *subprotocols: str, query: dict[str, str] | str = "", **headers: str) -> None:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        super().__init__(path, query, named, subprotocols)
        self.path = path
        self.frames: list[Frame] = []

    def add_header(self, name: str, value: str) -> "Socket":
        self.scope["headers"].append((name.encode(), value.encode()))
        return self

    def tell(self, kind: str, **values: Any) -> None:
        """Send a frame of the protocol."""
        self.tell_frame({"type": kind, **values})

    def tell_frame(self, frame: Frame) -> None:
        self.put_text(json.dumps(see_frame(Seen(self.path, is_ours=False, frame=frame))))

    def tell_fault(self, frame: object) -> None:
        """Send what no client should send."""
        self.put_text(json.dumps(frame))

    async def hear(self, *kinds: str) -> Frame:
        """The next frame, which is of one of these types; fails where the socket is closed instead."""
        before = len(self.frames)
        while len(self.frames) == before:
            assert not self.code, (self.code, self.reason)
            await self.take_sent()
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
        await self.until_closed()
        return self.code, self.reason

    async def take_sent(self) -> str | None:
        text = await super().take_sent()
        if text is not None:
            self.frames.append(see_frame(Seen(self.path, is_ours=True, frame=json.loads(text))))
        return text


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

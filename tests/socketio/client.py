"""A client of Socket.IO, of the ASGI application itself, over either transport; and what went over all of them."""

import asyncio
import json
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NamedTuple, Self
from urllib.parse import urlencode

from accounts.models import User
from petstore import asgi
from petstore.interfaces.socketio.hub import SessionHub
from petstore.interfaces.socketio.process import host_process
from tests.asgi_sockets import AsgiSocket
from tests.asyncapi.checking import require_described_message
from tests.concurrency import PATIENCE
from tests.rest.listening import meanwhile
from tests.rest.tokens import access

PATH = "/socket.io/"
Payload = dict[str, Any]


class Seen(NamedTuple):
    """The argument of an event that went over a session.

    Attributes:
        is_ours: the store has sent it.
    """

    event: str
    is_ours: bool
    payload: Payload


def see_payload(seen: Seen) -> Payload:
    """The one place that all events pass, whatever carries them: each is what the AsyncAPI document says."""
    require_described_message("socketIo", "send" if seen.is_ours else "receive", seen.event, seen.payload)
    return seen.payload


class Answer(NamedTuple):
    """The answer to one request."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def packets(self) -> list[str]:
        assert self.status == 200, self
        return self.body.decode().split("\x1e")

    @property
    def refusal(self) -> tuple[int, int]:
        """The status and the protocol's code."""
        return self.status, json.loads(self.body)["code"]


async def ask(method: str = "GET", body: bytes = b"", *, path: str = PATH, headers: Any = None, **query: str) -> Answer:
    """The answer to one request of a session that polls."""
    named = {"host": "localhost", "content-length": str(len(body)), **(headers or {})}
    asked: dict[str, str] = {"EIO": "4", "transport": "polling", **query}
    scope = {
        "type": "http",
        "method": method,
        "path": path,
        "query_string": urlencode(asked).encode(),
        "client": ("127.0.0.1", 50_000),
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    incoming: asyncio.Queue[Any] = asyncio.Queue()
    incoming.put_nowait({"type": "http.request", "body": body, "more_body": False})
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    try:
        await asyncio.wait_for(asgi.application(scope, incoming.get, send), PATIENCE)
    except asyncio.CancelledError:
        incoming.put_nowait({"type": "http.disconnect"})
        raise
    start, *parts = sent
    told = {name.decode().lower(): value.decode() for name, value in start["headers"]}
    return Answer(start["status"], told, b"".join(part.get("body", b"") for part in parts))


async def until_polled(sid: str) -> None:
    """Until a poll of the session waits."""
    sessions = host_process.sessions
    assert isinstance(sessions, SessionHub)
    async with asyncio.timeout(PATIENCE):
        while not sessions.require_open_session(sid).is_polled:
            await asyncio.sleep(0.01)


class Line(AsgiSocket):
    """One web socket, past the protocol's upper half: `async with Line(sid=…) as line`."""

    def __init__(self, headers: Any = None, **query: str) -> None:
        super().__init__(PATH, {"EIO": "4", "transport": "websocket", **query}, headers)

    async def get(self) -> str:
        """The next text; fails where the socket is closed instead."""
        text = await self.take_sent()
        assert text is not None, (self.code, self.status)
        return text

    async def closed(self) -> int:
        await self.until_closed()
        return self.code


class Refused(Exception):
    """A connect_error; its `message` and `data` as the client gets them."""

    def __init__(self, packet: Any) -> None:
        super().__init__(packet["message"])
        self.slug, self.problem = packet["message"], packet["data"]


class Chat:
    """A client that is connected, over polling: `async with Chat(alice) as hers`.

    Attributes:
        events: that came and nobody has asked for yet.
        acknowledged: what nobody has asked for yet, by number.
        is_connected: it was let in, and not sent away since.
    """

    def __init__(self, user: User | None = None, auth: Any = None, *, headers: Any = None, namespace: str = "") -> None:
        self._user, self._auth, self.headers, self._namespace = user, auth, headers or {}, namespace
        self.events: deque[tuple[str, Payload]] = deque()
        self.is_connected = self.is_closed = False
        self.acknowledged: dict[int, Any] = {}
        self._number = 0
        self.sid = ""

    async def __aenter__(self) -> Self:
        await self.open()
        if self._user is not None and self._auth is None:
            token = await meanwhile(access, self._user)
            self._auth = {"token": token, "tenantId": str(self._user.tenant_id)}
        await self.connect(self._auth)
        return self

    async def __aexit__(self, *_: object) -> None:
        if not self.is_closed:
            with suppress(AssertionError):  # it was closed by the store
                await self.put("1")

    async def connect(self, auth: Any) -> None:
        """Ask to be let in, and be."""
        await self.put("40" + self._namespace + ("" if auth is None else json.dumps(auth)))
        await self._until(lambda: self.is_connected)

    async def open(self) -> None:
        """Open the session below."""
        (packet,) = (await ask(headers=self.headers)).packets
        self.greet(packet)

    def greet(self, packet: str) -> None:
        assert packet[0] == "0"
        self.greeting = json.loads(packet[1:])
        self.sid = self.greeting["sid"]

    async def put(self, *packets: str) -> None:
        """Send packets of Engine.IO."""
        answer = await ask("POST", "\x1e".join(packets).encode(), headers=self.headers, sid=self.sid)
        assert (answer.status, answer.body) == (200, b"ok"), answer

    async def get(self) -> list[str]:
        """The next packets of Engine.IO."""
        return (await ask(headers=self.headers, sid=self.sid)).packets

    async def emit(self, event: str, payload: Payload | None = None, **values: Any) -> Payload:
        """Send an event that is meant to be taken, and return its acknowledgement."""
        told = see_payload(Seen(event, is_ours=False, payload=values if payload is None else payload))
        answer = await self.emit_text(json.dumps([event, told]))
        assert answer["ok"], answer
        return answer

    async def fault(self, event: str, *arguments: Any) -> Payload:
        """Send an event at fault, and return the problem that it is refused with."""
        answer = await self.emit_text(json.dumps([event, *arguments]))
        assert not answer["ok"], answer
        assert answer["error"]["instance"] == PATH
        return see_payload(Seen("error", is_ours=True, payload=answer["error"]))

    async def emit_text(self, text: str, kind: str = "2") -> Payload:
        self._number += 1
        number = self._number
        await self.put(f"4{kind}{number}{text}")
        return await self.acknowledgement(number)

    async def acknowledgement(self, number: int) -> Payload:
        await self._until(lambda: number in self.acknowledged)
        answer: Payload = self.acknowledged.pop(number)
        return answer

    async def tell(self, event: str, **values: Any) -> None:
        """Send an event that wants no acknowledgement."""
        told = see_payload(Seen(event, is_ours=False, payload=values))
        await self.put("42" + json.dumps([event, told]))

    async def hear(self, *names: str) -> Payload:
        """The next event, which is of one of these names."""
        await self._until(lambda: bool(self.events))
        name, payload = self.events.popleft()
        assert name in names, (name, payload)
        return payload

    async def join(self, room_id: str | None = None, **values: str) -> Payload:
        """Join a room; what the event tells of it."""
        answer = await self.emit("joinChat", ({"roomId": room_id} if room_id else {}) | values)
        joined = await self.hear("connected")
        assert answer == {"ok": True, "roomId": joined["roomId"]}
        return joined

    async def settled(self) -> list[str]:
        """The names of the events that came until a message was refused: all that what was before has caused."""
        await self.fault("settled")
        return [self.events.popleft()[0] for _ in range(len(self.events))]

    async def sent_away(self) -> None:
        """Until it is disconnected."""
        await self._until(lambda: not self.is_connected)

    async def _until(self, condition: Callable[[], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not condition():
                for packet in await self.get():
                    await self._take(packet)

    async def _take(self, packet: str) -> None:
        if packet == "2":
            await self.put("3")
        elif packet.startswith("40"):
            self.is_connected = True
        elif packet.startswith("41"):
            self.is_connected = False
        elif packet.startswith("42"):
            name, payload = json.loads(packet[2:])
            self.events.append((name, see_payload(Seen(name, is_ours=True, payload=payload))))
        elif packet.startswith("43"):
            number, bracket, rest = packet[2:].partition("[")
            (self.acknowledged[int(number)],) = json.loads(bracket + rest)
        elif packet.startswith("44"):
            raise Refused(json.loads(packet[packet.index("{") :]))
        else:
            assert packet == "6", packet


class SocketChat(Chat):
    """The same over a web socket alone."""

    async def open(self) -> None:
        self.line = await Line(self.headers).__aenter__()
        self.greet(await self.line.get())

    async def __aexit__(self, *_: object) -> None:
        await self.line.__aexit__()

    async def put(self, *packets: str) -> None:
        for packet in packets:
            self.line.put_text(packet)

    async def get(self) -> list[str]:
        return [await self.line.get()]


class UpgradedChat(SocketChat):
    """The same over polling first, and then over a web socket."""

    async def open(self) -> None:
        await Chat.open(self)
        self.line = await Line(self.headers, sid=self.sid).__aenter__()
        self.line.put_text("2probe")
        assert await self.line.get() == "3probe"
        assert (await ask(sid=self.sid)).packets == ["6"]
        self.line.put_text("5")

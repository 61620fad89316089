"""People over WebSocket who do not mind that the server dies under them, nor that their own line breaks."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import uuid4

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidMessage
from websockets.typing import Subprotocol

PATIENCE = 10.0
AGAIN_SECONDS = 0.1
TOO_OFTEN = "rate-limit-exceeded"
BROKEN_LINE = (ConnectionClosed, InvalidHandshake, InvalidMessage, OSError, TimeoutError)

Frame = dict[str, Any]


@dataclass(frozen=True)
class Place:
    """Who calls where.

    Attributes:
        address: of the server, as `http://127.0.0.1:8000`.
    """

    address: str
    tenant_id: str
    token: str

    async def connect(self) -> ClientConnection:
        """A socket on which the caller was let in; raises what a broken line raises."""
        socket = await connect(
            f"{self.address.replace('http', 'ws', 1)}/v1/ws/chat",
            subprotocols=[Subprotocol("petstore.v1"), Subprotocol(f"bearer.{self.token}")],
            additional_headers={"X-Tenant-ID": self.tenant_id},
            compression=None,
            max_queue=None,
            proxy=None,
        )
        await hear(socket, lambda frame: frame["type"] == "connected")
        return socket


async def hear(socket: ClientConnection, is_wanted: Callable[[Frame], bool]) -> Frame:
    """The next frame that is wanted; others are passed over."""
    async with asyncio.timeout(PATIENCE):
        while True:
            frame: Frame = json.loads(await socket.recv())
            if is_wanted(frame):
                return frame


@dataclass(frozen=True)
class Manners:
    """How somebody chats.

    Attributes:
        longest_pause: seconds before the next message, at most.
        breaks: the share of messages after which the sender's line breaks before anything is acknowledged.
        has_stable_ids: what is sent again has the id that it had before.
    """

    longest_pause: float = 1.0
    breaks: float = 0.1
    has_stable_ids: bool = True


@dataclass
class Chatter:
    """Somebody who writes one message after the other, each again and again until it is acknowledged.

    Attributes:
        acknowledged: the id of each message, by its text.
        refused: what was answered instead.
    """

    place: Place
    room_id: str
    name: str
    dice: Random
    manners: Manners
    acknowledged: dict[str, str] = field(default_factory=dict)
    refused: list[Frame] = field(default_factory=list)
    lines: int = 0
    _socket: ClientConnection | None = None

    async def chat(self, home_time: asyncio.Event) -> None:
        """Write until it is time to go home, and then what is not acknowledged yet."""
        try:
            while not home_time.is_set():
                await self._write(f"{self.name} {len(self.acknowledged)}")
                await asyncio.sleep(self.dice.uniform(0, self.manners.longest_pause))
        finally:
            await self._break_line()

    async def _write(self, text: str) -> None:
        client_id = str(uuid4())
        while text not in self.acknowledged:
            try:
                await self._send(text, client_id if self.manners.has_stable_ids else str(uuid4()))
            except BROKEN_LINE:
                await self._break_line()
                await asyncio.sleep(AGAIN_SECONDS)

    async def _break_line(self) -> None:
        socket, self._socket = self._socket, None
        if socket is not None:
            socket.transport.abort()
            await socket.wait_closed()

    async def _send(self, text: str, client_id: str) -> None:
        if self._socket is None:
            self._socket = await self.place.connect()
            self.lines += 1
        message = {"type": "chatMessage", "id": client_id, "roomId": self.room_id, "text": text}
        await self._socket.send(json.dumps(message))
        if self.dice.random() < self.manners.breaks:
            await asyncio.sleep(self.dice.uniform(0, 2 * AGAIN_SECONDS))
            raise TimeoutError
        answer = await hear(self._socket, lambda frame: frame.get("replyTo") == client_id)
        if answer["type"] == "messageDelivered":
            self.acknowledged[text] = answer["messageId"]
        else:
            self.refused.append(answer)
            await asyncio.sleep(AGAIN_SECONDS)


@dataclass
class Watcher:
    """An agent who reads some rooms, and after each break goes on after the last message that they have seen.

    Attributes:
        seen: the ids of the messages of each room, as they came.
    """

    place: Place
    seen: dict[str, list[str]]
    lines: int = 0
    refused: list[Frame] = field(default_factory=list)

    async def watch(self) -> None:
        """Watch for ever."""
        while True:
            try:
                async with await self.place.connect() as socket:
                    self.lines += 1
                    for room_id in self.seen:
                        await self._join(socket, room_id)
                    while True:
                        await self._take(socket, json.loads(await socket.recv()))
            except BROKEN_LINE:
                await asyncio.sleep(AGAIN_SECONDS)

    async def _join(self, socket: ClientConnection, room_id: str) -> None:
        after = {"afterMessageId": self.seen[room_id][-1]} if self.seen[room_id] else {}
        await socket.send(json.dumps({"type": "joinRoom", "id": room_id, "roomId": room_id, **after}))

    async def _take(self, socket: ClientConnection, frame: Frame) -> None:
        if frame["type"] == "chatMessage":
            self.seen[frame["roomId"]].append(frame["messageId"])
        elif frame["type"] == "roomJoined":
            self.seen[frame["roomId"]] += [message["messageId"] for message in frame["messages"]]
            if frame["hasMore"]:
                await self._join(socket, frame["roomId"])
        elif frame["type"] == "error":
            self.refused.append(frame)
            await asyncio.sleep(float(frame["code"] == TOO_OFTEN))
            await self._join(socket, frame["replyTo"])


class Party:
    """Chatters and a watcher in an event loop of their own, in a thread.

    Attributes:
        is_quiet: all chatters have gone home.
    """

    def __init__(self, chatters: Sequence[Chatter], watcher: Watcher) -> None:
        self.chatters, self.watcher = chatters, watcher
        self.is_quiet = False
        self._home_time, self._end = asyncio.Event(), asyncio.Event()
        self._has_begun = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._run()), daemon=True)
        self._thread.start()
        self._has_begun.wait(PATIENCE)

    @property
    def number(self) -> int:
        """Of messages that were acknowledged."""
        return sum(len(chatter.acknowledged) for chatter in self.chatters)

    @property
    def refused(self) -> list[Frame]:
        """What was answered instead of an acknowledgement."""
        return self.watcher.refused + [frame for chatter in self.chatters for frame in chatter.refused]

    @property
    def lines(self) -> int:
        """How often somebody has connected."""
        return self.watcher.lines + sum(chatter.lines for chatter in self.chatters)

    def go_home(self) -> None:
        """Let each chatter finish; the watcher stays."""
        self._loop.call_soon_threadsafe(self._home_time.set)

    def close(self) -> None:
        """End all of it."""
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(PATIENCE)

    async def _run(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._has_begun.set()
        doings = [asyncio.create_task(self.watcher.watch()), asyncio.create_task(self._chat())]
        await self._end.wait()
        for doing in doings:
            doing.cancel()
        await asyncio.gather(*doings, return_exceptions=True)

    async def _chat(self) -> None:
        await asyncio.gather(*[chatter.chat(self._home_time) for chatter in self.chatters])
        self.is_quiet = True


@contextmanager
def chatting(chatters: Sequence[Chatter], watcher: Watcher) -> Iterator[Party]:
    """Have them chat; they leave at the end."""
    party = Party(chatters, watcher)
    try:
        yield party
    finally:
        party.close()

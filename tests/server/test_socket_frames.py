"""Frames of web sockets: what is bounded, pinged, cut off and closed, on a connection of the test's own (RFC 6455)."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from websockets.frames import Close, Frame, Opcode
from websockets.protocol import Protocol, Side

from petstore.server import socket_frames
from petstore.server.socket_frames import FrameLink
from tests.concurrency import PATIENCE

MAX_SIZE = 1000


class Client:
    """The other end: frames out, and what came back.

    Attributes:
        texts: that came.
        is_answering: pings and the end.
    """

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.frames = Protocol(Side.CLIENT, max_size=None)
        self.reader, self.writer = reader, writer
        self.texts: list[str] = []
        self.is_answering = True

    async def send_frame(self, opcode: Opcode, data: bytes, *, fin: bool = True) -> None:
        self.writer.write(Frame(opcode, data, fin).serialize(mask=True))
        await self.writer.drain()

    async def close_code(self) -> int:
        """Read to the end; the code of the server's close frame, 0 without one."""
        while data := await asyncio.wait_for(self.reader.read(65_536), PATIENCE):
            self._take(data)
        return self.frames.close_rcvd.code if self.frames.close_rcvd else 0

    async def until(self, opcode: Opcode) -> None:
        """Read until such a frame has come."""
        while opcode not in self._take(await asyncio.wait_for(self.reader.read(65_536), PATIENCE)):
            pass

    def _take(self, data: bytes) -> list[Opcode]:
        self.frames.receive_data(data)
        frames: list[Any] = self.frames.events_received()
        for answer in self.frames.data_to_send():
            if answer and self.is_answering and not self.writer.is_closing():
                self.writer.write(answer)
        self.texts += [frame.data.decode() for frame in frames if frame.opcode is Opcode.TEXT]
        return [frame.opcode for frame in frames]


class Link(FrameLink):
    """A link with its messages."""

    def __init__(self, connection: socket.socket) -> None:
        self.messages: asyncio.Queue[Any] = asyncio.Queue()
        super().__init__(connection, self.messages, MAX_SIZE)

    async def receive(self) -> Any:
        return await asyncio.wait_for(self.messages.get(), PATIENCE)


@asynccontextmanager
async def linked() -> AsyncIterator[tuple[Link, Client]]:
    """A link and the client of it."""
    loop = asyncio.get_running_loop()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        accepting = asyncio.ensure_future(loop.sock_accept(listener))
        reader, writer = await asyncio.open_connection(*listener.getsockname())
        connection, _ = await accepting
    link = Link(connection)
    await loop.connect_accepted_socket(lambda: link, connection)
    client = Client(reader, writer)
    try:
        yield link, client
    finally:
        writer.close()
        await asyncio.wait_for(link.has_ended.wait(), PATIENCE)


def test_texts_come_whole_however_they_are_cut() -> None:
    async def talk() -> None:
        async with linked() as (link, client):
            await client.send_frame(Opcode.TEXT, b"caf\xc3", fin=False)
            await client.send_frame(Opcode.PING, b"meanwhile")
            await client.send_frame(Opcode.CONT, b"\xa9", fin=True)
            assert await link.receive() == {"type": "websocket.receive", "text": "caf\u00e9"}
            await client.until(Opcode.PONG)
            await client.send_frame(Opcode.BINARY, b"\x00")
            assert await link.receive() == {"type": "websocket.receive", "bytes": b"\x00"}
            await link.send_text("au lait")
            await client.until(Opcode.TEXT)
            assert client.texts == ["au lait"]

    asyncio.run(talk())


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        ([(Opcode.TEXT, b"\xff", True)], 1007),
        ([(Opcode.TEXT, b"a" * (MAX_SIZE + 1), True)], 1009),
        ([(Opcode.TEXT, b"a" * MAX_SIZE, False), (Opcode.CONT, b"a", True)], 1009),
        ([(Opcode.CONT, b"a", True)], 1002),
        ([(Opcode.TEXT, b"a", False), (Opcode.TEXT, b"b", True)], 1002),
        ([(Opcode.CLOSE, Close(1000, "bye").serialize(), True)], 1000),
    ],
    ids=["no UTF-8", "too large", "too large in parts", "a part of nothing", "a text in a text", "the client's end"],
)
def test_frames_at_fault_close_the_socket_with_their_code(frames: list[tuple[Opcode, bytes, bool]], code: int) -> None:
    async def talk() -> None:
        async with linked() as (link, client):
            for opcode, data, fin in frames:
                await client.send_frame(opcode, data, fin=fin)
            assert await client.close_code() == code
            client.writer.close()
            assert (await link.receive())["type"] == "websocket.disconnect"

    asyncio.run(talk())


def test_what_is_too_large_is_refused_by_its_head() -> None:
    async def talk() -> None:
        async with linked() as (_, client):
            client.writer.write(b"\x81\xff" + (2**40).to_bytes(8) + b"mask")
            assert await client.close_code() == 1009

    asyncio.run(talk())


def test_a_client_that_does_not_mask_is_refused() -> None:
    async def talk() -> None:
        async with linked() as (_, client):
            client.writer.write(b"\x81\x01a")
            assert await client.close_code() == 1002

    asyncio.run(talk())


def test_a_client_that_answers_no_ping_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_frames, "HEARTBEAT_SECONDS", 0.05)
    monkeypatch.setattr(socket_frames, "CLOSE_SECONDS", 0.1)

    async def talk() -> None:
        async with linked() as (link, client):
            client.is_answering = False
            await client.send_frame(Opcode.TEXT, b"I say much, but answer nothing")
            assert await client.close_code() == 1013
            assert [(await link.receive())["type"] for _ in range(2)] == ["websocket.receive", "websocket.disconnect"]

    asyncio.run(talk())


def test_a_client_that_answers_pings_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_frames, "HEARTBEAT_SECONDS", 0.05)

    async def talk() -> None:
        async with linked() as (link, client):
            for _ in range(5):
                await client.until(Opcode.PING)
            assert not link.has_ended.is_set()

    asyncio.run(talk())


def test_a_client_that_does_not_read_is_cut_off_once_a_megabyte_waits() -> None:
    async def talk() -> None:
        async with linked() as (link, _client):
            senders = [asyncio.create_task(link.send_text("x" * 100_000)) for _ in range(200)]
            await asyncio.wait_for(link.has_ended.wait(), PATIENCE)
            await asyncio.wait_for(asyncio.gather(*senders), PATIENCE)
            assert await link.receive() == {"type": "websocket.disconnect", "code": 1006}

    asyncio.run(talk())


def test_a_client_that_reads_slowly_gets_all() -> None:
    async def talk() -> None:
        async with linked() as (link, client):

            async def send_much() -> None:
                for _ in range(100):
                    await link.send_text("x" * 100_000)
                link.send_close(1000, "")

            sending = asyncio.create_task(send_much())
            assert await client.close_code() == 1000
            await sending
            assert len(client.texts) == 100

    asyncio.run(talk())


def test_a_flood_of_frames_is_slowed_down_and_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_frames, "FRAMES_PER_SECOND", 5_000)

    async def talk() -> None:
        async with linked() as (link, client):
            began = time.monotonic()
            client.writer.write(Frame(Opcode.TEXT, b"").serialize(mask=True) * 10_000)
            for _ in range(10_000):
                await link.receive()
                link.read_on_if_free()
            assert time.monotonic() - began > 0.5

    asyncio.run(talk())


def test_no_more_is_read_than_is_taken() -> None:
    async def talk() -> None:
        async with linked() as (link, client):
            client.writer.write(Frame(Opcode.TEXT, b"x" * MAX_SIZE).serialize(mask=True) * 150)
            await asyncio.sleep(0.1)
            assert socket_frames.MAX_UNTAKEN <= link.messages.qsize() <= socket_frames.MAX_UNTAKEN + 4
            for _ in range(150):
                await link.receive()
                link.read_on_if_free()

    asyncio.run(talk())


def test_a_client_that_does_not_answer_a_close_frame_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_frames, "CLOSE_SECONDS", 0.1)

    async def talk() -> None:
        async with linked() as (link, client):
            client.is_answering = False
            link.send_close(1001, "")
            for _ in range(5):
                await client.send_frame(Opcode.TEXT, b"still here")
            await asyncio.wait_for(link.has_ended.wait(), PATIENCE)
            assert await link.receive() == {"type": "websocket.disconnect", "code": 1006}

    asyncio.run(talk())

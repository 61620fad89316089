"""Connections that came before their server was loaded (docs/decisions, 0043).

They wait in the queue of a placeholder, a listening socket. Once the server listens at the same address, the
placeholder is closed and each of them is relayed to the server. When a client's first call is answered, the relay tells
it by HTTP/2's GOAWAY to make its next calls on a new connection (RFC 9113, 6.8), which goes straight to the server.
"""

import asyncio
import ctypes
import socket
import struct
from collections.abc import Callable
from typing import Any, Final

SETTLING_SECONDS: Final = 0.1
"""For handshakes that the kernel has begun for the placeholder."""
FAREWELL_SECONDS: Final = 1.0
STAGGER_SECONDS: Final = 0.02
"""Between the farewells of two connections: a client with many of them renews one after another."""
CHUNK: Final = 64 * 1024
FRAME_HEAD: Final = 9
HEADERS: Final = 1
_LAST_STREAM: Final = 2**31 - 1
GOAWAY: Final = struct.pack(">I5xII", (8 << 8) | 7, _LAST_STREAM, 0)
"""NO_ERROR, with the highest stream: what is under way goes on, what is new goes elsewhere."""
_ATTACH_CHOICE: Final = 51
"""SO_ATTACH_REUSEPORT_CBPF, which Python's socket module does not name."""

_relayed: dict[int, str] = {}


def find_relayed_peer(port: int) -> str | None:
    """Return the address of the client whose connection is relayed from this port of ours; None for any other."""
    return _relayed.get(port)


class EarlyConnections:
    """The connections in the queue of a placeholder.

    Args:
        placeholder: a listening socket with SO_REUSEPORT.
    """

    def __init__(self, placeholder: socket.socket) -> None:
        self._placeholder = placeholder
        self._relays: set[asyncio.Task[None]] = set()

    async def relay_to_server(self) -> None:
        """Close the placeholder, and begin to relay its connections to the server that listens beside it."""
        address = self._placeholder.getsockname()
        _choose_second_listener(self._placeholder)
        await asyncio.sleep(SETTLING_SECONDS)
        clients = _accept_all_waiting(self._placeholder)
        self._placeholder.close()
        for number, client in enumerate(clients):
            wait = FAREWELL_SECONDS + number * STAGGER_SECONDS
            self._relays.add(asyncio.create_task(_relay_connection(client, _find_own_address(address), wait)))


def _choose_second_listener(placeholder: socket.socket) -> None:
    """Let the kernel give all new connections to the second socket at this address, which is the server's.

    Where a process that is being replaced listens there, too, it may be another one; then the queue is a little longer.
    """
    program = ctypes.create_string_buffer(struct.pack("=HBBI", 0x06, 0, 0, 1))
    words = struct.pack("@HP", 1, ctypes.addressof(program))
    placeholder.setsockopt(socket.SOL_SOCKET, _ATTACH_CHOICE, words)


def _accept_all_waiting(placeholder: socket.socket) -> list[socket.socket]:
    placeholder.setblocking(False)
    clients: list[socket.socket] = []
    while True:
        try:
            clients.append(placeholder.accept()[0])
        except BlockingIOError:
            return clients


def _find_own_address(address: Any) -> tuple[str, int]:
    """Return where this process reaches a server that listens at an address, which may be all addresses."""
    host, port = address[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104  # not bound to, compared


async def _relay_connection(client: socket.socket, address: tuple[str, int], wait: float) -> None:
    peer = client.getpeername()[0]
    try:
        client_reader, client_writer = await asyncio.open_connection(sock=client)
        reader, writer = await asyncio.open_connection(*address)
    except OSError:
        client.close()
        return
    port = writer.get_extra_info("sockname")[1]
    _relayed[port] = peer
    try:
        farewell = FarewellWriter(client_writer, asyncio.get_running_loop().time() + wait)
        await asyncio.gather(
            _pump_bytes(client_reader, writer, writer.write),
            _pump_bytes(reader, client_writer, farewell.write_frames),
        )
    finally:
        del _relayed[port]


class FarewellWriter:
    """A writer of the server's frames to the client, with a farewell after the first answer that comes late enough.

    Args:
        due: the time of the event loop from when the farewell may be said.
    """

    def __init__(self, writer: asyncio.StreamWriter, due: float) -> None:
        self._writer, self._due = writer, due
        self._frames = bytearray()
        self._has_said = self._has_answered = False
        self._loop = asyncio.get_running_loop()
        self._loop.call_at(due, self._say_farewell_between_frames)

    def write_frames(self, data: bytes) -> None:
        """Write bytes; the farewell comes between two frames."""
        if self._has_said:
            self._writer.write(data)
            return
        self._frames += data
        while len(self._frames) >= FRAME_HEAD:
            length = FRAME_HEAD + int.from_bytes(self._frames[:3])
            if len(self._frames) < length:
                break
            self._has_answered = self._has_answered or self._frames[3] == HEADERS
            self._writer.write(bytes(self._frames[:length]))
            del self._frames[:length]
        self._say_farewell_between_frames()

    def _say_farewell_between_frames(self) -> None:
        is_due = self._has_answered and self._loop.time() >= self._due
        if is_due and not self._has_said and not self._writer.is_closing():
            self._has_said = True
            self._writer.write(GOAWAY + bytes(self._frames))
            self._frames.clear()


async def _pump_bytes(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, write: Callable[[bytes], object]
) -> None:
    """Pass bytes on until the one side ends, then end the other."""
    try:
        while data := await reader.read(CHUNK):
            write(data)
            await writer.drain()
    except OSError:
        pass
    finally:
        writer.close()

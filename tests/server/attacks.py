"""Callers who begin and do not go on (guarantees, G18), and the honest ones beside them."""

import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.server.server import Server
from tests.web_process import ROOT

HALF_HEAD = b"GET /v1/pets HTTP/1.1\r\nHost: localhost\r\nX-Half: "
HALF_BODY = (
    b"POST /v1/orders HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60\r\n\r\n"
    b'{"petId": '
)
HEADER = b"X-Filler: " + b"y" * 1000 + b"\r\n"


def promise(size: int) -> bytes:
    """The beginning of an upload of that many bytes."""
    return (
        b"POST /v1/pets/01890a5d-ac96-774b-bcce-b302099a8057/images HTTP/1.1\r\nHost: localhost\r\n"
        b"Content-Type: multipart/form-data; boundary=x\r\nContent-Length: %d\r\n\r\n--x\r\n" % size
    )


class Crowd:
    """Connections that were opened and sent the same beginning each."""

    def __init__(self, port: int, beginning: bytes, number: int) -> None:
        self._stack = ExitStack()
        self.connections = [self._stack.enter_context(_opened(port, beginning)) for _ in range(number)]

    def __enter__(self) -> "Crowd":
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def endings(self, seconds: float) -> list[bytes]:
        """What each heard until its connection ended; fails for those that have not ended in time."""
        deadline = time.monotonic() + seconds
        return [_rest(connection, deadline) for connection in self.connections]

    def open_ones(self) -> int:
        """How many connections the server has not ended."""
        return sum(_is_open(connection) for connection in self.connections)


def _opened(port: int, beginning: bytes) -> socket.socket:
    connection = socket.create_connection(("127.0.0.1", port), timeout=30)
    connection.sendall(beginning)
    return connection


def _rest(connection: socket.socket, deadline: float) -> bytes:
    parts: list[bytes] = []
    try:
        while True:
            connection.settimeout(max(deadline - time.monotonic(), 0.01))
            part = connection.recv(65_536)
            parts.append(part)
            if not part:
                return b"".join(parts)
    except ConnectionResetError:
        return b"".join(parts)
    except TimeoutError:
        raise AssertionError("a connection that should have ended is open") from None


def _is_open(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1, socket.MSG_PEEK) != b""
    except BlockingIOError:
        return True
    except ConnectionResetError:
        return False


def pour_headers(port: int, size: int) -> int:
    """Send headers without end, as many bytes as the server takes and at most so many; returns how many it took."""
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        try:
            connection.sendall(b"GET /v1/pets HTTP/1.1\r\nHost: localhost\r\n")
            while sent < size:
                connection.sendall(HEADER * 16)
                sent += len(HEADER) * 16
        except (ConnectionResetError, BrokenPipeError):
            pass
    return sent


@dataclass
class Figures:
    """What honest clients saw.

    Attributes:
        seconds: of each request of theirs.
        refused: answers that were none of success.
        health: the seconds of each /healthz.
    """

    seconds: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)

    @property
    def p99(self) -> float:
        return statistics.quantiles(self.seconds, n=100)[98] if len(self.seconds) > 1 else 0.0


@contextmanager
def honest_clients(address: str, paths: Sequence[str] = ("/v1/pets",), number: int = 4) -> Iterator[Figures]:
    """Clients that ask on and on for as long as the block lasts, and one that asks for /healthz."""
    figures, stop = Figures(), threading.Event()
    asking = [(list(paths), figures.seconds)] * number + [(["/healthz"], figures.health)]
    threads = [threading.Thread(target=_ask_on, args=(address, *each, figures, stop)) for each in asking]
    for thread in threads:
        thread.start()
    try:
        yield figures
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _ask_on(address: str, paths: list[str], seconds: list[float], figures: Figures, stop: threading.Event) -> None:
    with httpx.Client(base_url=address, timeout=60) as client:
        while not stop.is_set():
            for path in paths:
                began = time.monotonic()
                try:
                    status = client.get(path).status_code
                except httpx.TransportError as error:
                    figures.refused.append(repr(error))
                else:
                    seconds.append(time.monotonic() - began)
                    if status != httpx.codes.OK:
                        figures.refused.append(str(status))
            stop.wait(0.05)


def memory_of(server: Server) -> int:
    """What all processes of the server hold, in kB, shared pages counted once."""
    if sys.platform != "linux":
        return 0
    texts = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in (server.process.pid, *server.children())]
    return sum(int(found[1]) for text in texts if (found := re.search(r"^Pss: +(\d+) kB$", text, re.MULTILINE)))


@contextmanager
def unguarded_server() -> Iterator[int]:
    """The port of a server without deadlines."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        command = (sys.executable, "-m", "uvicorn", "--log-level", "critical", "--fd", str(listener.fileno()))
        process = subprocess.Popen(  # noqa: S603  # a command line of our own
            (*command, "tests.server.echo_server:application"), cwd=ROOT, pass_fds=[listener.fileno()]
        )
        try:
            yield int(listener.getsockname()[1])
        finally:
            process.kill()  # it would wait for connections that are open
            process.wait(30)

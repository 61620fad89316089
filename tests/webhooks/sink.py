"""A receiver on loopback: real sockets, every connection counted, and as rude as a test wants it."""

import json
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.message import Message
from http.client import parse_headers
from threading import Condition, Thread

from tests.asyncapi.checking import find_message_faults

HERE = "127.0.0.1"
PATIENCE = 30

Behaviour = Callable[[socket.socket], None]
"""The receiver's behaviour on a connection, once it has read the request."""


@dataclass(frozen=True, slots=True)
class Received:
    """A request as it came over the wire."""

    line: str
    headers: Message
    body: bytes


def answer_with(status: int = 200, *, body: bytes = b"", head: str = "") -> Behaviour:
    """A polite receiver; `head` is more lines of the head, each with its end."""
    answer = f"HTTP/1.1 {status} So\r\nContent-Length: {len(body)}\r\n{head}\r\n".encode() + body
    return lambda connection: connection.sendall(answer)


def send_only(answer: bytes) -> Behaviour:
    """One that says just this, and hangs up."""
    return lambda connection: connection.sendall(answer)


def drip_slowly(start: bytes, drop: bytes, drops: int) -> Behaviour:
    """One that begins at once, and then takes its time."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(drops):
            time.sleep(0.02)
            connection.sendall(drop)

    return drip


def send_endlessly(start: bytes, more: bytes) -> Behaviour:
    """One that does not stop before the other side does."""

    def go_on(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(more)

    return go_on


def stay_silent(connection: socket.socket) -> None:
    """Says nothing until the other side hangs up."""
    connection.recv(1)


class Sink:
    """The receiver itself.

    Attributes:
        port: where it listens, on 127.0.0.1.
        received: the requests that were read to their end, in the order of their ends.
        faults: what about webhooks is not as the AsyncAPI document says; the end of `listening_sink` raises it.
        behaviour: may be changed between requests.
    """

    def __init__(self, behaviour: Behaviour, tls: ssl.SSLContext | None, *, reads: bool) -> None:
        self.behaviour = behaviour
        self.received: list[Received] = []
        self.faults: list[str] = []
        self._tls = tls
        self._reads = reads
        self._peers: list[object] = []
        self._markers = 0
        self._changed = Condition()
        self._is_closing = False
        self._listener = socket.create_server((HERE, 0), backlog=128)
        self.port: int = self._listener.getsockname()[1]

    @property
    def endpoint(self) -> tuple[str, int]:
        """As OUTBOUND_ALLOW has it."""
        return HERE, self.port

    def url(self, path: str = "/hook", *, scheme: str = "http", host: str = HERE) -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def count_connections(self) -> int:
        """Count the connections so far: its own one queues behind those that came before."""
        with self._changed:
            known = len(self._peers)
        with socket.create_connection(self.endpoint) as marker:
            name = marker.getsockname()
            with self._changed:
                assert self._changed.wait_for(lambda: name in self._peers[known:], PATIENCE)
                before = self._peers.index(name, known) - self._markers
                self._markers += 1
                return before

    def serve(self) -> None:
        """Take connections, each in a thread of its own, until `close`."""
        with self._listener:
            while True:
                connection, peer = self._listener.accept()
                if self._is_closing:
                    connection.close()
                    return
                with self._changed:
                    self._peers.append(peer)
                    self._changed.notify_all()
                Thread(target=self._handle_connection, args=(connection,), daemon=True).start()

    def close(self) -> None:
        self._is_closing = True
        socket.create_connection(self.endpoint).close()

    def _handle_connection(self, plain: socket.socket) -> None:
        with suppress(OSError), plain, self._start_tls(plain) as connection:
            if self._reads:
                request = _read_request(connection)
                if request is None:
                    return
                self.faults += _find_webhook_faults(request)
                self.received.append(request)
            self.behaviour(connection)

    def _start_tls(self, plain: socket.socket) -> socket.socket:
        return plain if self._tls is None else self._tls.wrap_socket(plain, server_side=True)


@contextmanager
def listening_sink(
    behaviour: Behaviour | None = None, *, tls: ssl.SSLContext | None = None, reads: bool = True
) -> Iterator[Sink]:
    """A sink that listens, by default one that answers 200; `reads` off: it behaves before it has read anything."""
    sink = Sink(behaviour or answer_with(), tls, reads=reads)
    thread = Thread(target=sink.serve, daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        sink.close()
        thread.join(PATIENCE)
    assert not sink.faults, sink.faults


def _find_webhook_faults(request: Received) -> list[str]:
    if "X-Webhook-Signature" not in request.headers or len(request.body) < int(request.headers["Content-Length"]):
        return []  # no webhook, or the sender was killed in the middle of it
    body = json.loads(request.body)
    return find_message_faults("webhooks", "send", body["eventType"], body) if "eventType" in body else []


def _read_request(connection: socket.socket) -> Received | None:
    """The request; None where the other side leaves without one."""
    with connection.makefile("rb") as stream:
        line = stream.readline().decode("latin-1").rstrip("\r\n")
        if not line:
            return None
        headers = parse_headers(stream)
        return Received(line, headers, stream.read(int(headers.get("Content-Length", 0))))

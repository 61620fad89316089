"""A model elsewhere: an OpenAI-compatible server on this machine that does what a script says, and counts."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Write = Callable[[bytes], None]
HEADERS = {"Content-Type": "text/event-stream"}


@dataclass
class Script:
    """What the server does with each request.

    Attributes:
        write: writes the body, given a function that sends bytes at once; the connection is closed behind it.
        seconds: that it waits before it answers at all.
    """

    write: Callable[[Write], None]
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: dict(HEADERS))
    seconds: float = 0.0


@dataclass
class ModelServer:
    """A running server.

    Attributes:
        requests: the bodies that have come, each with its headers under `headers`, and its path under `path`.
        open: how many answers are under way.
    """

    port: int
    script: Script
    requests: list[dict[str, Any]] = field(default_factory=list)
    open: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def count(self, change: int) -> None:
        with self.lock:
            self.open += change


def event(data: Any) -> bytes:
    """One event."""
    return b"data: %b\n\n" % json.dumps(data).encode()


def chunk(text: str | None = None, finish: str | None = None, **more: Any) -> bytes:
    """A chunk of OpenAI's."""
    delta = {} if text is None else {"content": text}
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return event({"id": "x", "object": "chat.completion.chunk", "choices": [choice], **more})


USAGE = {"choices": [], "usage": {"prompt_tokens": 400, "completion_tokens": 3, "total_tokens": 403}}
DONE = b"data: [DONE]\n\n"


def say(*pieces: str, finish: str = "stop", pause: float = 0.0, usage: bool = True) -> Script:
    """A good answer, in these pieces, with a pause before each."""

    def write(send: Write) -> None:
        send(event({"choices": [{"index": 0, "delta": {"role": "assistant", "content": ""}, "finish_reason": None}]}))
        for piece in pieces:
            time.sleep(pause)
            send(chunk(piece, system_fingerprint="fp_test"))
        send(chunk(finish=finish))
        if usage:
            send(event(USAGE))
        send(DONE)

    return Script(write)


def send_raw(*parts: bytes, pause: float = 0.0, **more: Any) -> Script:
    """These bytes and then the end of the connection, whatever they mean."""

    def write(send: Write) -> None:
        for part in parts:
            send(part)
            time.sleep(pause)

    return Script(write, **more)


def talk_for_ever(pause: float = 0.05) -> Script:
    """An answer without an end."""

    def write(send: Write) -> None:
        while True:
            send(chunk("more "))
            time.sleep(pause)

    return Script(write)


@contextmanager
def model_server(script: Script) -> Iterator[ModelServer]:
    """A server that follows the script, which may be changed meanwhile."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            model.requests.append({**body, "headers": dict(self.headers.items()), "path": self.path})
            model.count(1)
            try:
                _follow(model.script, self)
            except OSError:  # the other side has gone
                pass
            finally:
                model.count(-1)
                self.close_connection = True

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as the base class has it
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.request_queue_size = 256
    server.socket.listen(256)
    model = ModelServer(server.server_port, script)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield model
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _follow(script: Script, handler: BaseHTTPRequestHandler) -> None:
    _wait_while_connected(handler.connection, script.seconds)
    handler.send_response(script.status)
    for name, value in script.headers.items():
        handler.send_header(name, value)
    handler.send_header("Connection", "close")
    handler.end_headers()

    def send(data: bytes) -> None:
        if _has_left(handler.connection):
            raise ConnectionResetError
        handler.wfile.write(data)
        handler.wfile.flush()

    script.write(send)


def _wait_while_connected(connection: socket.socket, seconds: float) -> None:
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        if _has_left(connection):
            raise ConnectionResetError
        time.sleep(0.02)


def _has_left(connection: socket.socket) -> bool:
    """Whether the other side has closed: there is an end to read, for nothing else is sent."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True

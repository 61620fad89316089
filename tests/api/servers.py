"""The service behind a real server, in a process of its own, on the run's database."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse
from pathlib import Path

ROOT = Path(__file__).parents[2]
PATIENCE = 60
COMMANDS = {
    "uvicorn": "uvicorn --no-proxy-headers --log-level error --port {port} petstore.asgi:application",
    "granian": "granian --interface wsgi --no-ws --log-level error --port {port} petstore.wsgi:application",
}


@dataclass(frozen=True)
class Received:
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Server:
    """A running server."""

    name: str
    port: int

    def send(self, *lines: bytes, body: bytes = b"", method: str = "GET") -> Received:
        """Send exactly these lines, the first of them being the request's, and this body."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=PATIENCE) as connection:
            connection.sendall(b"\r\n".join((*lines, b"Connection: close", b"", b"")) + body)
            response = HTTPResponse(connection, method=method)
            response.begin()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Received(response.status, headers, response.read())


@contextmanager
def running(name: str, **variables: str) -> Iterator[Server]:
    """The server, from its first answer on; its environment has these variables, too."""
    port = _free_port()
    command = [sys.executable, "-m", *COMMANDS[name].format(port=port).split()]
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "petstore.settings.test"} | variables
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL)  # noqa: S603  # our own
    try:
        _wait_for(port)
        yield Server(name, port)
    finally:
        process.terminate()
        process.wait(PATIENCE)


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _wait_for(port: int) -> None:
    give_up = time.monotonic() + PATIENCE
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)
        else:
            return

"""The service behind a real server, in a process of its own, on the run's database."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPResponse

from tests.web_process import web_process

PATIENCE = 60


@dataclass(frozen=True)
class Received:
    """An answer as it came over the wire."""

    status: int
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Server:
    """A running server."""

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
def running(**variables: str) -> Iterator[Server]:
    """The server, which answers as soon as it is up, for the socket listens already. Its environment has these."""
    with web_process(variables) as port:
        yield Server(port)

"""An application's own web server, which people are sent back to."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

PAGE = (
    b'<!doctype html><html lang="en"><title>Application</title><link rel="icon" href="data:,"><h1>Back here</h1></html>'
)


@dataclass(frozen=True)
class Visit:
    """A request as it came in."""

    path: str
    answer: dict[str, str]
    referer: str | None


@dataclass
class Receiver:
    """It listens on a loopback address, on whatever port is free."""

    address: str
    visits: list[Visit] = field(default_factory=list)

    @property
    def callback(self) -> str:
        return f"{self.address}/done"


@contextmanager
def receiving(host: str = "127.0.0.1") -> Iterator[Receiver]:
    """The receiver, as long as the block lasts."""
    receiver = Receiver("")

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            answer = {name: values[0] for name, values in parse_qs(parts.query).items()}
            receiver.visits.append(Visit(parts.path, answer, self.headers.get("Referer")))
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(PAGE)

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # its name in the base class
            pass

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in host else socket.AF_INET

    with Server((host, 0), Handler) as server:
        receiver.address = f"http://{f'[{host}]' if ':' in host else host}:{server.server_port}"
        thread = Thread(target=server.serve_forever)
        thread.start()
        yield receiver
        server.shutdown()
        thread.join()

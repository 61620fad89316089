"""A receiver of webhooks that writes down what it hears."""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Receiver:
    """Where the shop's webhooks go.

    Attributes:
        times: how often each event was heard, by its id.
    """

    def __init__(self) -> None:
        self.times: dict[str, int] = defaultdict(int)
        self._ids_of_step: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._lock = threading.Lock()

    def take(self, event: dict[str, Any]) -> None:
        with self._lock:
            self.times[event["eventId"]] += 1
            if "newStatus" in event["data"]:
                self._ids_of_step[event["data"]["order"]["id"], event["data"]["newStatus"]].add(event["eventId"])

    @property
    def repeats(self) -> int:
        """The deliveries of an event that was heard before: at least once is the promise."""
        with self._lock:
            return sum(self.times.values()) - len(self.times)

    @property
    def twice(self) -> int:
        """The steps of orders that were told under two ids, which no receiver can see through."""
        with self._lock:
            return sum(len(ids) > 1 for ids in self._ids_of_step.values())


@contextmanager
def listening(port: int = 0) -> Iterator[tuple[Receiver, int]]:
    """A receiver that answers 204 on all addresses of this computer, and its port."""
    receiver = Receiver()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:  # the library's name
            receiver.take(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the library's name
            """Say nothing."""

    server = ThreadingHTTPServer(("0.0.0.0", port), Handler)  # noqa: S104  # the bridge is made later
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield receiver, server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()

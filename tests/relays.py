"""A link to the run's PostgreSQL that can be frozen: both ends stay connected, and nothing passes."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

from django.db import connection, connections

CHUNK = 65_536


class Relay:
    """Passes on what it gets, in threads of its own."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._flows = Event()
        self._flows.set()
        self._ends: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        return int(self._listener.getsockname()[1])

    def freeze(self) -> None:
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    def close(self) -> None:
        self.thaw()
        for end in (self._listener, *self._ends):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                far = _server()
                self._ends += (near, far)
                for pair in ((near, far), (far, near)):
                    Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._flows.wait()
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


def _server() -> socket.socket:
    host, port = _place
    if not host.startswith("/"):
        return socket.create_connection((host, port))
    made = socket.socket(socket.AF_UNIX)
    made.connect(f"{host}/.s.PGSQL.{port}")
    return made


_place = (connection.settings_dict["HOST"], int(connection.settings_dict["PORT"] or 5432))


@contextmanager
def relayed() -> Iterator[Relay]:
    """All connections that this process opens meanwhile go by the relay."""
    settings, relay = connection.settings_dict, Relay()
    before = {name: settings[name] for name in ("HOST", "PORT")}
    connections.close_all()
    settings.update(HOST="127.0.0.1", PORT=str(relay.port))
    try:
        yield relay
    finally:
        settings.update(before)
        connections.close_all()
        relay.close()

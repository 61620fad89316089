"""A link to a broker that can be cut: the broker goes on, and nobody reaches it by the link."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Event, Thread

CHUNK = 65_536


class Link:
    """Passes on what it gets, in threads of its own.

    Args:
        port: where the broker listens.
    """

    def __init__(self, port: int) -> None:
        self._broker_port = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._is_whole = Event()
        self._is_whole.set()
        self._ends: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    @property
    def url(self) -> str:
        return f"mqtt://127.0.0.1:{self._listener.getsockname()[1]}"

    def cut(self) -> None:
        """End all connections, and each that is made from now on."""
        self._is_whole.clear()
        self._end_connections()

    def mend(self) -> None:
        self._is_whole.set()

    def close(self) -> None:
        self._is_whole.clear()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._end_connections()

    def _end_connections(self) -> None:
        ends, self._ends = self._ends, []
        for end in ends:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                if not self._is_whole.is_set():
                    near.close()
                    continue
                far = socket.create_connection(("127.0.0.1", self._broker_port))
                self._ends += (near, far)
                for pair in ((near, far), (far, near)):
                    Thread(target=self._pass_on, args=pair, daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                target.sendall(data)
            target.shutdown(socket.SHUT_RDWR)


@contextmanager
def linked(port: int) -> Iterator[Link]:
    """A link that is whole."""
    link = Link(port)
    try:
        yield link
    finally:
        link.close()

"""Numbers of what is open now, in memory that several processes share, each with a part of its own (`counters`)."""

import mmap
from collections.abc import Iterator, Sequence
from typing import Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from petstore.interfaces.monitoring.counters import MAX_PROCESSES, NUMBER_BYTES
from petstore.interfaces.monitoring.protocols import name_protocol

CHAT_SESSIONS: Final = "chat sessions"
OTHER: Final = "other"
SOCKET_PROTOCOLS: Final = ("graphql", "websocket", "socketio", OTHER)


class OpenConnections(Collector):
    """The open web sockets of all processes, by protocol, and their sessions of support rooms.

    Counted in the event loop of each process; one that takes another's place begins anew.
    """

    def __init__(self, kinds: Sequence[str] = (*SOCKET_PROTOCOLS, CHAT_SESSIONS)) -> None:
        self._places = {kind: place for place, kind in enumerate(kinds)}
        size = len(kinds) * NUMBER_BYTES
        self._numbers = memoryview(mmap.mmap(-1, MAX_PROCESSES * size)).cast("d")
        self.begin_as_process(0)

    def begin_as_process(self, process: int) -> None:
        """Write to the part of this process from now on, where nothing is open yet."""
        self._start = process * len(self._places)
        for place in range(len(self._places)):
            self._numbers[self._start + place] = 0.0

    def count_socket(self, path: str, change: int) -> None:
        """Count a web socket of a path that was opened, or closed."""
        protocol = name_protocol(path)
        self._add_number(protocol if protocol in self._places else OTHER, change)

    def count_chat_session(self, change: int) -> None:
        """Count a session of support rooms that was opened, or closed."""
        self._add_number(CHAT_SESSIONS, change)

    def collect(self) -> Iterator[Metric]:
        """Yield the sums over all processes."""
        sockets = GaugeMetricFamily("petstore_open_sockets", "Web sockets that are open.", labels=["protocol"])
        for protocol in SOCKET_PROTOCOLS:
            sockets.add_metric([protocol], self._sum_processes(protocol))
        yield sockets
        sessions = self._sum_processes(CHAT_SESSIONS)
        yield GaugeMetricFamily("petstore_chat_sessions", "Clients that are connected to the support chat.", sessions)

    def _add_number(self, kind: str, change: int) -> None:
        self._numbers[self._start + self._places[kind]] += change

    def _sum_processes(self, kind: str) -> float:
        return sum(self._numbers[self._places[kind] :: len(self._places)])


OPEN_CONNECTIONS: Final = OpenConnections()

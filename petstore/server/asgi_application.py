"""The ASGI application: it serves HTTP with Django in one hop and closes web sockets, which nobody serves yet."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from petstore.server.asgi_handler import Receive, Scope, Send, ThreadedHandler

NO_SUCH_SOCKET = 4404


class ProbeReply(NamedTuple):
    """A probe's response: a status and a JSON body."""

    status: int
    body: bytes


class Probes(Protocol):
    """Health and readiness probes, answered beside the request threads (guarantees, G18).

    Attributes:
        PATHS: the addresses that are answered.
    """

    PATHS: frozenset[str]

    def start_threads(self) -> None: ...
    def answer_probe(self, method: str, path: str, tell: Callable[[ProbeReply], object]) -> None: ...


@dataclass(slots=True)
class ASGIApplication:
    """An ASGI 3 application for any server; `serve` uses its parts directly.

    Attributes:
        close_streams: ends the live streams, which would go on for minutes; called when the process is about to end.
        join_counters: called with the process's number in each web process that `serve` forks.
    """

    handler: ThreadedHandler
    probes: Probes
    close_streams: Callable[[], object]
    join_counters: Callable[[int], object]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope."""
        if scope["type"] == "http":
            await self.handler(scope, receive, send)
        elif scope["type"] == "lifespan":
            await _acknowledge_lifespan(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": NO_SUCH_SOCKET})


async def _acknowledge_lifespan(receive: Receive, send: Send) -> None:
    """Acknowledge start and shutdown: nothing has to be opened or closed."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return

"""The ASGI application: it serves HTTP with Django in one hop, and web sockets by the functions that it is handed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from django.http import HttpResponse

from petstore.server.asgi_handler import Receive, Scope, Send, ThreadedHandler
from petstore.server.request_head import Refused, read_request_head
from petstore.server.request_limits import MAX_MESSAGE
from petstore.server.response_headers import encode_response_headers
from petstore.server.web_sockets import NO_SUCH_SOCKET, CountCall, SocketRoute, WebSocket, count_nothing


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
        begin_carrying: has news carried to other processes from now on; called in each process that serves HTTP.
        sockets: the web sockets that there are; the first one whose path has the form is meant.
        count_call: counts what is done on them.
    """

    handler: ThreadedHandler
    probes: Probes
    close_streams: Callable[[], object]
    join_counters: Callable[[int], object]
    begin_carrying: Callable[[], object]
    sockets: Sequence[SocketRoute]
    count_call: CountCall = count_nothing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection's scope."""
        if scope["type"] == "http":
            await self.handler(scope, receive, send)
        elif scope["type"] == "lifespan":
            self.begin_carrying()
            await _acknowledge_lifespan(receive, send)
        elif scope["type"] == "websocket":
            await self._serve_web_socket(scope, receive, send)

    async def _serve_web_socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a web socket; one that nobody serves is accepted and closed, for browsers do not show statuses."""
        await receive()
        route, path_values = self._find_socket_route(scope["path"])
        max_size = route.max_size if route else MAX_MESSAGE
        socket = WebSocket(scope, receive, send, pool=self.handler.pool, max_size=max_size)
        socket.path_values, socket.count_call = path_values, self.count_call
        try:
            _check_handshake_head(scope)
            if route is None:
                await socket.accept_handshake()
                await socket.close(NO_SUCH_SOCKET, "There is no such path.")
            else:
                await route.serve_socket(socket)
        except Refused as error:
            response: HttpResponse = self.handler.build_refused_response(error, scope)
            await socket.refuse_handshake(response.status_code, encode_response_headers(response), response.content)

    def _find_socket_route(self, path: str) -> tuple[SocketRoute | None, Mapping[str, str]]:
        for route in self.sockets:
            values = route.match_path(path)
            if values is not None:
                return route, values
        return None, {}


async def _acknowledge_lifespan(receive: Receive, send: Send) -> None:
    """Acknowledge start and shutdown: nothing has to be opened or closed."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def _check_handshake_head(scope: Scope) -> None:
    """Refuse a handshake with a body, whose bytes would be read as frames, and one of HTTP/1.0 (RFC 6455, 4.1)."""
    if read_request_head(scope).length != 0:
        raise Refused(400, "A handshake has no body.")
    if scope.get("http_version") in ("1", "1.0"):
        raise Refused(400, "A web socket needs HTTP/1.1.")

"""Web sockets, for the interfaces that serve them: texts in and out, within limits, until either end closes.

An interface hands in a function for each form of a path (`SocketRoute`), which gets a `WebSocket`. It runs in the event
loop and must not block: what reads the database runs in the request threads, by `run_job`.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from django.utils.module_loading import import_string

from petstore.server.asgi_handler import Receive, Scope, Send
from petstore.server.request_pool import RequestPool
from petstore.server.response_headers import Headers

GOING_AWAY: Final = 1001
NOT_TEXT: Final = 1003
TOO_LARGE: Final = 1009
DEFECT: Final = 1011
RESTARTING: Final = 1012
TRY_AGAIN_LATER: Final = 1013
NO_SUCH_SOCKET: Final = 4404

MAX_REASON: Final = 123
"""Bytes of a reason (RFC 6455, 5.5)."""
PER_NETWORK: Final = 200
PER_PROCESS: Final = 2500
"""A socket with nothing open costs some 40 KB; what is open on it has limits of its own, as live streams have."""


CountCall = Callable[[str, str, str, float], object]
"""Counts what was done: its method, the form of its path, its status and how many seconds it took."""


def count_nothing(_method: str, _route: str, _status: str, _seconds: float) -> None:
    """Count nothing, where nobody reads figures."""


class SocketClosed(Exception):
    """The socket is closed, or the client has gone."""


class WebSocket:
    """One web socket, over any ASGI server.

    Attributes:
        scope: the handshake, as ASGI has it.
        pool: the request threads.
        path_values: the named parts of the path, as text.
        is_open: it was accepted, and neither end has closed it.
        max_size: of a message in, in bytes.
        count_call: for an interface whose frames are counted.
    """

    def __init__(self, scope: Scope, receive: Receive, send: Send, *, pool: RequestPool, max_size: int) -> None:
        """Remember the two directions.

        Args:
            max_size: of a message in, in bytes.
        """
        self.scope, self.pool = scope, pool
        self.path_values: Mapping[str, str] = {}
        self.is_open = False
        self.max_size = max_size
        self.count_call: CountCall = count_nothing
        self._receive, self._send = receive, send

    async def accept_handshake(self, subprotocol: str | None = None) -> None:
        """Accept the handshake."""
        await self._send({"type": "websocket.accept", "subprotocol": subprotocol, "max_size": self.max_size})
        self.is_open = True

    async def refuse_handshake(self, status: int, headers: Headers, body: bytes) -> None:
        """Answer the handshake as a plain request, instead of accepting it."""
        await self._send({"type": "websocket.http.response.start", "status": status, "headers": headers})
        await self._send({"type": "websocket.http.response.body", "body": body})

    async def receive_text(self) -> str:
        """Return the next text; raises SocketClosed, also where it closes because of what came."""
        message = await self._receive()
        if message["type"] == "websocket.disconnect" or not self.is_open:
            self.is_open = False
            raise SocketClosed
        text: str | None = message.get("text")
        if text is None:
            await self.close(NOT_TEXT, "Only texts are taken.")
            raise SocketClosed
        if len(text) > self.max_size:  # a server that does not count bytes
            await self.close(TOO_LARGE)
            raise SocketClosed
        return text

    async def send_text(self, text: str) -> None:
        """Send a text, and wait while the client reads too slowly; raises SocketClosed."""
        if not self.is_open:
            raise SocketClosed
        await self._send({"type": "websocket.send", "text": text})

    async def close(self, code: int, reason: str = "") -> None:
        """Close the socket; nothing happens if it is closed already.

        Args:
            reason: for people; shortened to what a close frame takes.
        """
        if self.is_open:
            self.is_open = False
            await self._send({"type": "websocket.close", "code": code, "reason": _shorten_reason(reason)})


def _shorten_reason(reason: str) -> str:
    return reason.encode()[:MAX_REASON].decode(errors="ignore")


class SocketRoute:
    """The function that serves the paths of one form, loaded with the first socket that asks for it.

    Args:
        path: a whole path, with the parts that vary in braces: `/v1/ws/orders/{order_id}`. A part is one segment.
        serve: the dotted path of the function.
        max_size: of a message in, in bytes.
    """

    def __init__(self, path: str, serve: str, max_size: int) -> None:
        self.serve, self.max_size = serve, max_size
        self._pattern = re.compile(re.sub(r"\\{(\w+)\\}", r"(?P<\1>[^/]+)", re.escape(path)))

    def match_path(self, path: str) -> Mapping[str, str] | None:
        """Return the parts of a path that vary; None where it has another form."""
        found = self._pattern.fullmatch(path)
        return None if found is None else found.groupdict()

    async def serve_socket(self, socket: WebSocket) -> None:
        """Serve one socket to its end; a library that takes seconds to load holds up no other."""
        serve = await socket.pool.run_job(lambda: _load_server(self.serve))
        await serve(socket)


@cache
def _load_server(path: str) -> Callable[[WebSocket], Awaitable[None]]:
    serve: Callable[[WebSocket], Awaitable[None]] = import_string(path)
    return serve


@dataclass(slots=True)
class OpenSockets:
    """The open sockets of a process. Used in the event loop only.

    The bounds are a process's own, for the reasons that the limits of live streams give.

    Attributes:
        count_socket: called with its path and 1 for each that is opened, and -1 for each that is closed.
    """

    per_network: int = PER_NETWORK
    per_process: int = PER_PROCESS
    count_socket: Callable[[str, int], object] = lambda _path, _change: None
    _sockets: set[WebSocket] = field(default_factory=set)
    _networks: Counter[str] = field(default_factory=Counter)
    _closing: set[asyncio.Task[None]] = field(default_factory=set)
    _end_code: int | None = None

    def __len__(self) -> int:
        return len(self._sockets)

    @contextmanager
    def keep_socket(self, socket: WebSocket, network: str) -> Iterator[int | None]:
        """Count an accepted socket as long as the block lasts; yields the code to close it with, if it may not stay."""
        self._sockets.add(socket)
        self._networks[network] += 1
        self.count_socket(socket.scope["path"], 1)
        try:
            yield self._find_refusal(network)
        finally:
            self._sockets.discard(socket)
            self.count_socket(socket.scope["path"], -1)
            self._networks[network] -= 1
            if not self._networks[network]:
                del self._networks[network]

    def close_all_sockets(self, code: int) -> None:
        """Close every socket, now and from now on, because this process is about to end."""
        self._end_code = code
        for socket in self._sockets:
            task = asyncio.get_running_loop().create_task(socket.close(code, "The server stops; come again."))
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    def _find_refusal(self, network: str) -> int | None:
        if self._end_code is not None:
            return self._end_code
        is_full = len(self._sockets) > self.per_process or self._networks[network] > self.per_network
        return TRY_AGAIN_LATER if is_full else None


open_sockets = OpenSockets()

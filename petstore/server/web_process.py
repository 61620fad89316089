"""A web process: granian's HTTP/1 server on a listening socket (docs/decisions, 0021).

Parser, connections and deadlines are granian's; our dispatcher assigns requests to threads.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from importlib import import_module
from typing import Any

from granian.http import HTTP1Settings, HTTP2Settings

from petstore.server.asgi_application import ASGIApplication
from petstore.server.dispatcher import RequestDispatcher
from petstore.server.file_descriptors import find_max_connections, find_max_sockets
from petstore.server.heartbeats import grpc_heartbeat
from petstore.server.listener import BACKLOG
from petstore.server.request_arrivals import ServerLoop
from petstore.server.web_sockets import GOING_AWAY, RESTARTING, open_sockets

HEAD_SECONDS = 10
"""The time for a head to arrive, be it the first or the next of a kept-alive connection."""
HEAD_BUFFER = 32 * 1024
"""The server checks this length before it reads on: no head is more than twice as long."""
GRACE_SECONDS = 2.0
FAREWELL_SECONDS = 0.5
"""Of these, for telling callers whose responses are not finished."""
DRAIN_SECONDS = 6.0
"""Longer than the proxies of `deploy/` keep an idle connection: none of them meets one that was just closed."""
LONGEST_DRAIN_SECONDS = 20.0
EXIT_SECONDS = 3
"""After the time for running requests, for the process to end; then the system ends it."""
ENGINE: Any = import_module("granian._granian")
"""The module behind granian's command line; its type stubs are of an older version."""


class WebServer:
    """The application and its server, loaded and ready to be forked: no connection, event loop or thread exists yet."""

    def __init__(self, listener: socket.socket, application: ASGIApplication) -> None:
        self._listener, self._application = listener, application

    def serve_until_stopped(self, is_ready: Callable[[], object] = lambda: None) -> None:
        """Serve until SIGTERM, then leave running requests a few seconds; `is_ready` is called once it serves."""
        loop = ServerLoop()
        open_sockets.per_process = min(open_sockets.per_process, find_max_sockets())
        asyncio.set_event_loop(loop)
        self._dispatcher = RequestDispatcher(self._application, loop)
        self._stop, self._has_stopped = ENGINE.WorkerSignal(), loop.create_future()
        self._stop.add_cb(lambda: loop.call_soon_threadsafe(self._resolve_has_stopped))
        loop.add_signal_handler(signal.SIGTERM, self._shut_down, GRACE_SECONDS)
        loop.add_signal_handler(signal.SIGINT, self._shut_down, GRACE_SECONDS)
        loop.add_signal_handler(signal.SIGHUP, self._drain_connections)
        self._dispatcher.start_serving()
        self._start_server_threads(loop)
        loop.call_soon(is_ready)
        loop.run_until_complete(self._has_stopped)

    def _start_server_threads(self, loop: asyncio.AbstractEventLoop) -> None:
        """Start the server's own threads, in one of which each request reaches the dispatcher."""
        scheduler = ENGINE.CallbackScheduler(loop, None, None, None, None)
        scheduler._schedule_fn = self._dispatcher.dispatch_exchange  # noqa: SLF001  # as granian's own schedulers do
        _create_granian_worker(self._listener).serve_mtr(scheduler, loop, self._stop)

    def _drain_connections(self) -> None:
        """End each connection with its next response and then stop, because a new process serves."""
        self._dispatcher.is_draining = True
        grpc_heartbeat.note_replacement()
        self._application.close_streams()
        open_sockets.close_all_sockets(RESTARTING)
        asyncio.get_running_loop().call_later(DRAIN_SECONDS, self._shut_down, LONGEST_DRAIN_SECONDS)

    def _shut_down(self, seconds: float) -> None:
        """End the live streams and sockets, refuse new connections, and wait for running requests."""
        self._dispatcher.is_draining = True
        self._application.close_streams()
        open_sockets.close_all_sockets(GOING_AWAY)
        _limit_time_to_exit(seconds + EXIT_SECONDS)
        loop = asyncio.get_running_loop()
        loop.call_later(seconds - FAREWELL_SECONDS, self._dispatcher.stop_awaited)
        loop.call_later(seconds, self._resolve_has_stopped)
        self._stop.set()

    def _resolve_has_stopped(self) -> None:
        if not self._has_stopped.done():
            self._has_stopped.set_result(None)


def _limit_time_to_exit(seconds: float) -> None:
    """Have the system end this process after so many seconds, even where a thread keeps the interpreter to itself."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_REAL, seconds)


def _create_granian_worker(listener: socket.socket) -> Any:
    is_local = False  # no socket of a path
    return ENGINE.ASGIWorker(
        os.getpid(),
        (None, ENGINE.SocketHolder(listener.fileno(), is_local, BACKLOG)),
        None,
        backpressure=find_max_connections(),
        http_mode="1",
        http1_opts=HTTP1Settings(header_read_timeout=HEAD_SECONDS * 1000, max_buffer_size=HEAD_BUFFER),
        http2_opts=HTTP2Settings(),
        websockets_enabled=True,
    )

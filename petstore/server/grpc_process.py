"""The gRPC process: it loads the server when the first connection comes (docs/decisions, 0043).

A store that nobody calls by gRPC pays for a forked process that sleeps, and not for the library.
"""

import asyncio
import os
import select
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final, Protocol

from django.conf import settings
from django.utils.module_loading import import_string

from petstore.server.early_connections import EarlyConnections
from petstore.server.heartbeats import Beat, grpc_heartbeat
from petstore.server.listener import HAS_PORT_SHARING, open_shared_listener

BEAT_SECONDS: Final = 1.0
HELD_SECONDS: Final = 1.0
"""For the first calls to reach the server, before SIGHUP may end it."""


class ServeGrpc(Protocol):
    """Serves gRPC at an address until the process is told to stop.

    Args:
        beat: called every second.
        begin: makes a coroutine that is run once the server listens; SIGHUP is heard after it.
    """

    def __call__(self, address: str, beat: Callable[[], object], begin: Callable[[], Awaitable[None]]) -> None: ...


def serve_grpc_at(reserved: socket.socket, is_ready: Callable[[], object] = lambda: None) -> None:
    """Serve gRPC at the address of a socket that reserves it.

    Args:
        is_ready: called as soon as connections are taken.
    """
    if settings.GRPC_TLS_CERT or not HAS_PORT_SHARING:
        _serve_at_once(reserved, is_ready)
    else:
        _serve_once_called(reserved, is_ready)


def _serve_at_once(reserved: socket.socket, is_ready: Callable[[], object]) -> None:
    """Serve from the start: what is encrypted cannot be relayed with a farewell."""

    async def begin() -> None:
        is_ready()

    _run_server(reserved, begin)


def _serve_once_called(reserved: socket.socket, is_ready: Callable[[], object]) -> None:
    placeholder = open_shared_listener(reserved)
    hangups: list[int] = []
    signal.signal(signal.SIGHUP, lambda number, _frame: hangups.append(number))  # else the queue would be lost
    is_ready()
    grpc_heartbeat.note_heartbeat(Beat.WAITING)
    while not select.select([placeholder], [], [], BEAT_SECONDS)[0]:
        if hangups:
            return
        grpc_heartbeat.note_heartbeat(Beat.WAITING)
    grpc_heartbeat.note_heartbeat(Beat.EXPECTED)
    _run_server(reserved, partial(_serve_first_connections, EarlyConnections(placeholder), hangups))


async def _serve_first_connections(early: EarlyConnections, hangups: Sequence[int]) -> None:
    await early.relay_to_server()
    await asyncio.sleep(HELD_SECONDS)
    if hangups:
        asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGHUP)


def _run_server(reserved: socket.socket, begin: Callable[[], Awaitable[None]]) -> None:
    serve: ServeGrpc = import_string(settings.GRPC_SERVER)
    serve(format_grpc_address(reserved), partial(grpc_heartbeat.note_heartbeat, Beat.SERVING), begin)


def format_grpc_address(reserved: socket.socket) -> str:
    """Return the address as gRPC writes it, such as `127.0.0.1:50051`."""
    name: Any = reserved.getsockname()
    host, port = name[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

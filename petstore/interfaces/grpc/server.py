"""The server of gRPC: its services, limits and life (contract, gRPC)."""

import asyncio
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

import grpc
import grpc.aio
from django.conf import settings
from grpc_health.v1 import health

from petstore.interfaces.grpc.calls import CountCall
from petstore.interfaces.grpc.health import ServiceHealth
from petstore.interfaces.grpc.reflection import build_reflection_handlers
from petstore.interfaces.grpc.services import METHODS, ORDER_SERVICE, PET_SERVICE
from petstore.interfaces.grpc.unary import UnaryMethods
from petstore.interfaces.grpc.watches import WATCH_ORDER, OrderWatches
from petstore.interfaces.live.poller import order_poller
from petstore.server.file_descriptors import find_max_connections
from petstore.server.request_pool import RequestPool

SERVICES: Final = (PET_SERVICE.full_name, ORDER_SERVICE.full_name)
MAX_MESSAGE: Final = 1024 * 1024
MAX_METADATA: Final = 16 * 1024
MAX_STREAMS: Final = 100
"""Of one connection."""
MAX_CALLS: Final = 2000
"""Of all connections together: 500 watches, waiting calls, and other streams."""
LEAST_PING_MS: Final = 10_000
KEEPALIVE_MS: Final = 30_000
"""After such a silence the server asks whether the client is still there."""
GRACE_SECONDS: Final = 2.0
DRAIN_SECONDS: Final = 20.0
"""The time for calls that are under way at SIGHUP, which comes when a new process has taken over."""
BEAT_SECONDS: Final = 1.0

OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE),
    ("grpc.max_metadata_size", MAX_METADATA),
    ("grpc.absolute_max_metadata_size", MAX_METADATA),
    ("grpc.max_concurrent_streams", MAX_STREAMS),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", LEAST_PING_MS),
    ("grpc.http2.max_ping_strikes", 2),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.keepalive_time_ms", KEEPALIVE_MS),
    ("grpc.keepalive_timeout_ms", KEEPALIVE_MS // 2),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.so_reuseport", 1),
)


class MethodTable(grpc.GenericRpcHandler):
    """The methods of our services by their paths; a path of none of them is UNIMPLEMENTED."""

    def __init__(self, handlers: Mapping[str, Any]) -> None:
        self._handlers = handlers

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        """Return the handler of a call."""
        return self._handlers.get(handler_call_details.method)


class Server:
    """The server of one process. It is made and used inside a running event loop.

    Args:
        pool: the request threads.
    """

    def __init__(self, pool: RequestPool, count_call: CountCall) -> None:
        self._health = ServiceHealth(SERVICES)
        self._has_stopped = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server = grpc.aio.server(
            options=(*OPTIONS, ("grpc.max_allowed_incoming_connections", find_max_connections())),
            maximum_concurrent_rpcs=MAX_CALLS,
        )
        unary = UnaryMethods(pool, count_call)
        handlers: dict[str, Any] = {path: unary.build_handler(method) for path, method in METHODS.items()}
        handlers[WATCH_ORDER] = OrderWatches(pool, count_call).build_handler()
        names = (*SERVICES, health.SERVICE_NAME)
        library = (self._health.build_handler(), *build_reflection_handlers(names))
        self._server.add_generic_rpc_handlers((MethodTable(handlers), *library))

    async def start_listening(self, address: str) -> int:
        """Listen at an address such as `127.0.0.1:50051`, and return the port."""
        certificate, key = settings.GRPC_TLS_CERT, settings.GRPC_TLS_KEY
        if not certificate:
            port = self._server.add_insecure_port(address)
        else:
            port = self._server.add_secure_port(address, _read_credentials(Path(certificate), Path(key)))
        await self._health.look_at_database()
        await self._server.start()
        self.run_beside_server(self._health.watch_database())
        return port

    def run_beside_server(self, work: Any) -> None:
        """Run a coroutine as long as the server serves."""
        task = asyncio.ensure_future(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def stop_within_grace(self, grace: float) -> None:
        """Stop: no new calls, watches end with "come again", other calls may finish within `grace` seconds."""
        self.run_beside_server(self._stop_all_services(grace))

    async def wait_until_stopped(self) -> None:
        """Wait until `stop_within_grace` has done its work."""
        await self._has_stopped.wait()

    async def _stop_all_services(self, grace: float) -> None:
        await self._health.stop_serving()
        order_poller.close_all_watches()
        await self._server.stop(grace)
        self._has_stopped.set()


def run_server(address: str, count_call: CountCall, beat: Callable[[], object], begin: Callable[[], Any]) -> None:
    """Serve until SIGTERM, Ctrl-C or SIGHUP.

    Args:
        beat: called every second while the server lives.
        begin: makes a coroutine that runs once the server listens; SIGHUP is heard after it.
    """
    asyncio.run(_serve_until_stopped(address, count_call, beat, begin))


async def _serve_until_stopped(
    address: str, count_call: CountCall, beat: Callable[[], object], begin: Callable[[], Any]
) -> None:
    server = Server(RequestPool(), count_call)
    loop = asyncio.get_running_loop()
    await server.start_listening(address)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop_within_grace, GRACE_SECONDS)
    server.run_beside_server(_beat_every_second(beat))
    server.run_beside_server(_begin_before_hangups(server, begin))
    await server.wait_until_stopped()


async def _begin_before_hangups(server: Server, begin: Callable[[], Any]) -> None:
    await begin()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGHUP, server.stop_within_grace, DRAIN_SECONDS)


async def _beat_every_second(beat: Callable[[], object]) -> None:
    while True:
        beat()
        await asyncio.sleep(BEAT_SECONDS)


def _read_credentials(certificate: Path, key: Path) -> grpc.ServerCredentials:
    return grpc.ssl_server_credentials([(key.read_bytes(), certificate.read_bytes())])

"""The gRPC server, composed of its services and the shared counters; only the process that serves it imports this."""

from collections.abc import Awaitable, Callable

from petstore.interfaces.grpc.server import run_server
from petstore.interfaces.monitoring.metrics import count_call


async def _begin_nothing() -> None: ...


def serve_grpc(
    address: str,
    beat: Callable[[], object] = lambda: None,
    begin: Callable[[], Awaitable[None]] = _begin_nothing,
) -> None:
    """Serve gRPC at an address until SIGTERM, Ctrl-C or SIGHUP; see `run_server`."""
    run_server(address, count_call, beat, begin)

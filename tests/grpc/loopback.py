"""gRPC's server in this process, at a port of its own, for tests of what goes over the wire."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
from django.db import connections
from google.rpc.error_details_pb2 import ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

from accounts.models import User
from orders.models import Order
from petstore.interfaces.grpc.server import Server
from petstore.interfaces.grpc.stubs import orders_pb2
from petstore.interfaces.grpc.watches import WATCH_ORDER
from petstore.interfaces.live.poller import order_poller, run_in_reader
from petstore.interfaces.live.streams import streams
from petstore.server.request_pool import RequestPool
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.minting import tokens_for

Metadata = tuple[tuple[str, str], ...]
Watch = grpc.aio.UnaryStreamCall[bytes, orders_pb2.OrderEvent]
PATIENCE = 60


@dataclass
class Loopback:
    """The server, and a client of it.

    Attributes:
        counted: the calls that it has counted, each with its protocol, path and status.
    """

    server: Server
    pool: RequestPool
    port: int
    channel: grpc.aio.Channel
    counted: list[tuple[str, str, str]] = field(default_factory=list)

    def watch(self, order: Order, metadata: Metadata = (), *, after: str = "") -> Watch:
        """Begin to watch an order."""
        method: grpc.aio.UnaryStreamMultiCallable[bytes, orders_pb2.OrderEvent] = self.channel.unary_stream(
            WATCH_ORDER, response_deserializer=orders_pb2.OrderEvent.FromString
        )
        request = orders_pb2.WatchOrderRequest(id=str(order.id), after_event_id=after)
        return method(request.SerializeToString(), metadata=metadata, timeout=PATIENCE)

    async def call(self, path: str, raw: bytes, metadata: Metadata = (), timeout: float | None = PATIENCE) -> Any:
        """The ended call of a unary method; raises AioRpcError."""
        method: grpc.aio.UnaryUnaryMultiCallable[bytes, bytes] = self.channel.unary_unary(path)
        call = method(raw, metadata=metadata, timeout=timeout)
        await call
        return call


@asynccontextmanager
async def loopback(address: str = "127.0.0.1:0") -> AsyncIterator[Loopback]:
    """A server that ends with the block, after which nothing is open and nothing is counted."""
    pool, counted = RequestPool(), list[tuple[str, str, str]]()
    server = Server(pool, lambda method, route, status, _seconds: counted.append((method, route, status)))
    port = await server.start_listening(address)
    try:
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Loopback(server, pool, port, channel, counted)
        await _wait_for_clearance()
    finally:
        server.stop_within_grace(0)
        await server.wait_until_stopped()
        order_poller.is_closed = False  # a process serves no more then; this one goes on with the next test
        await asyncio.to_thread(pool.end_threads)
        await run_in_reader(connections.close_all)


async def _wait_for_clearance() -> None:
    for _ in range(500):
        if streams.is_clear and not order_poller:
            break
        await asyncio.sleep(0.02)
    assert (len(order_poller), streams.is_clear) == (0, True)


def run_with_server(story: Callable[[Loopback], Coroutine[Any, Any, Any]]) -> Any:
    """What a story gives that is told with a server."""

    async def told() -> Any:
        async with loopback() as served:
            return await asyncio.wait_for(story(served), PATIENCE)

    return asyncio.run(told())


def bearer(user: User, tenant: Tenant | None = None) -> Metadata:
    """The metadata of a user's calls, at home unless a tenant is given."""
    with tenant_scope(user.tenant_id):
        token = tokens_for(user).token
    return (("authorization", f"Bearer {token}"), *at(tenant or user.tenant))


def at(tenant: Tenant) -> Metadata:
    """The metadata of a stranger's calls at a tenant."""
    return (("x-tenant-id", str(tenant.id)),)


async def next_of(watch: Watch) -> orders_pb2.OrderEvent:
    """The next event; raises AioRpcError where the watch is refused or ends."""
    event = await watch.read()
    assert isinstance(event, orders_pb2.OrderEvent)
    return event


async def rest_of(watch: Watch) -> list[orders_pb2.OrderEvent]:
    """What is told until the watch ends; raises AioRpcError where it does not end well."""
    events = []
    while isinstance(event := await watch.read(), orders_pb2.OrderEvent):
        events.append(event)
    return events


async def news_of(watch: Watch) -> list[str]:
    """The names of what is told until the watch ends."""
    return [name_event(event) for event in await rest_of(watch)]


def name_event(event: orders_pb2.OrderEvent) -> str:
    """The new status, or the event's type where there is none."""
    if event.WhichOneof("data") != "order_status_changed":
        return event.event_type
    return orders_pb2.OrderStatus.Name(event.order_status_changed.new_status).removeprefix("ORDER_STATUS_")


def reason_of(error: grpc.aio.AioRpcError) -> tuple[str, str, float]:
    """The status code, the reason, and the seconds after which to come again (-1: not said)."""
    found = dict(error.trailing_metadata())["grpc-status-details-bin"]
    details = Status.FromString(found).details
    info, retry, seconds = ErrorInfo(), RetryInfo(), -1
    for detail in details:
        detail.Unpack(info)
        if detail.Unpack(retry):
            seconds = retry.retry_delay.seconds
    return error.code().name, info.reason, seconds

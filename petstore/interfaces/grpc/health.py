"""`grpc.health.v1`: whether the services can serve, which they cannot while the database is away (contract, gRPC)."""

import asyncio
from collections.abc import Iterable
from typing import Any, Final

import grpc
from django.db import DatabaseError
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import SERVICE_NAME, aio

from events.queries import read_newest_position
from petstore.interfaces.grpc.arrivals import ArrivingRequests, TooManyArrivals, receive_request
from petstore.interfaces.grpc.metadata import find_network
from petstore.interfaces.grpc.wire import MalformedMessage, parse_message
from petstore.interfaces.live.poller import run_in_reader

ServingStatus = int
LOOK_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 2.0
"""For an answer of the database, which otherwise counts as away."""
SERVING: Final = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING


MAX_WATCHES: Final = 100
"""Of one network."""
_open_watches: Final = ArrivingRequests(most=MAX_WATCHES)


class ServiceHealth:
    """The health of the process and of its services.

    Attributes:
        servicer: answers `Check` and `Watch`.
    """

    def __init__(self, services: Iterable[str]) -> None:
        self.servicer = aio.HealthServicer()
        self._services = ("", *services)
        self._look: asyncio.Future[bool] | None = None

    async def watch_database(self) -> None:
        """Look at the database every few seconds, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            await self.look_at_database()

    async def look_at_database(self) -> None:
        """Look whether the database answers, and say what that means for the services."""
        if self._look is None or self._look.done():
            self._look = asyncio.ensure_future(_can_read_database())
        done, _ = await asyncio.wait((self._look,), timeout=PATIENCE_SECONDS)
        await self._set_all_services(SERVING if done and self._look.result() else NOT_SERVING)

    def build_handler(self) -> grpc.GenericRpcHandler:
        """Build what grpcio calls as soon as a call's head is there, as for our own services."""
        write = health_pb2.HealthCheckResponse.SerializeToString
        handlers: dict[str, grpc.RpcMethodHandler[bytes, Any]] = {
            "Check": grpc.stream_unary_rpc_method_handler(self._check_health, response_serializer=write),
            "Watch": grpc.stream_stream_rpc_method_handler(self._watch_health, response_serializer=write),
        }
        return grpc.method_handlers_generic_handler(SERVICE_NAME, handlers)

    async def _check_health(self, _requests: Any, context: Any) -> Any:
        return await self.servicer.Check(await _receive_question(context), context)

    async def _watch_health(self, _requests: Any, context: Any) -> None:
        question = await _receive_question(context)
        try:
            with _open_watches.count_arrival(find_network(context)):
                await self.servicer.Watch(question, context)
        except TooManyArrivals:
            await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"At most {MAX_WATCHES} watches of one network.")

    async def stop_serving(self) -> None:
        """Say for good that nothing is served any more."""
        await self.servicer.enter_graceful_shutdown()

    async def _set_all_services(self, status: ServingStatus) -> None:
        for service in self._services:
            await self.servicer.set(service, status)


async def _receive_question(context: Any) -> health_pb2.HealthCheckRequest:
    """Return the request of a call, or end the call."""
    try:
        return parse_message(health_pb2.HealthCheckRequest, await receive_request(context, find_network(context)))
    except TimeoutError:
        await context.abort(grpc.StatusCode.DEADLINE_EXCEEDED, "The request has not come.")
    except TooManyArrivals as error:
        await context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, error.detail)
    except MalformedMessage as error:
        await context.abort(grpc.StatusCode.INVALID_ARGUMENT, error.detail)
    raise RuntimeError("the call has ended")


async def _can_read_database() -> bool:
    try:
        await run_in_reader(read_newest_position)
    except DatabaseError:
        return False
    return True

"""`grpc.health.v1`: whether the services can serve, which they cannot while the database is away (contract, gRPC)."""

import asyncio
from collections.abc import Iterable
from typing import Final

from django.db import DatabaseError
from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio

from events.queries import read_newest_position
from petstore.interfaces.live.poller import run_in_reader

ServingStatus = int
LOOK_SECONDS: Final = 2.0
PATIENCE_SECONDS: Final = 2.0
"""For an answer of the database, which otherwise counts as away."""
SERVING: Final = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING: Final = health_pb2.HealthCheckResponse.NOT_SERVING


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

    async def stop_serving(self) -> None:
        """Say for good that nothing is served any more."""
        await self.servicer.enter_graceful_shutdown()

    async def _set_all_services(self, status: ServingStatus) -> None:
        for service in self._services:
            await self.servicer.set(service, status)


async def _can_read_database() -> bool:
    try:
        await run_in_reader(read_newest_position)
    except DatabaseError:
        return False
    return True

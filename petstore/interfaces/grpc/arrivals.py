"""Requests that are arriving, of which few from one network may take long (guarantees, G18).

A call's head costs its sender nothing, and half a message of 1 MiB little; here each holds a call and memory.
"""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import grpc.aio

from kernel.errors import DomainError, Kind
from petstore.interfaces.grpc.wire import MalformedMessage

LONG_SECONDS: Final = 20.0
SHORT_SECONDS: Final = 1.0
FEW: Final = 32
"""So many requests of one network may take long; more have to come at once, as they do from honest clients."""
MOST: Final = 500
"""Of one network."""

_T = TypeVar("_T")


class TooManyArrivals(DomainError):
    """The network has as many calls open whose requests have not come as it may."""

    kind = Kind.TOO_MANY
    code = "too_many_arrivals"
    title = "You have too many calls open whose requests have not come"
    retry_after = 1


class ArrivingRequests:
    """The requests that this process waits for. Used in its event loop only."""

    def __init__(self, few: int = FEW, most: int = MOST) -> None:
        self._few, self._most = few, most
        self._counts: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._counts.total()

    @contextmanager
    def count_arrival(self, network: str) -> Iterator[float]:
        """Count a request while the block lasts, and yield the seconds that it may take; raises TooManyArrivals."""
        waiting = self._counts[network]
        if waiting >= self._most:
            raise TooManyArrivals
        self._counts[network] += 1
        try:
            yield LONG_SECONDS if waiting < self._few else SHORT_SECONDS
        finally:
            self._counts[network] -= 1
            if not self._counts[network]:
                del self._counts[network]


arriving_requests: Final = ArrivingRequests()


async def receive_request(context: "grpc.aio.ServicerContext[Any, Any]", network: str) -> bytes:
    """Return the bytes of a call's request.

    Raises:
        TooManyArrivals
        TimeoutError: it took too long.
        MalformedMessage: the caller has sent none.
    """
    with arriving_requests.count_arrival(network) as seconds:
        async with asyncio.timeout(seconds):
            raw = await context.read()
    if not isinstance(raw, bytes):
        raise MalformedMessage
    return raw


async def limit_waits(requests: AsyncIterator[_T], network: str) -> AsyncIterator[_T]:
    """Yield the requests of a stream until one takes too long, which ends the stream."""
    while True:
        try:
            with arriving_requests.count_arrival(network) as seconds:
                async with asyncio.timeout(seconds):
                    request = await anext(requests)
        except (StopAsyncIteration, TimeoutError, TooManyArrivals):
            return
        yield request

"""Bodies whose first part is on its way: the server tells of it in its own thread, without the event loop."""

import asyncio
import time
from collections.abc import Callable, Mapping
from contextvars import Context
from typing import Any, NamedTuple, Protocol

from petstore.server.request_body import BODY_SECONDS
from petstore.server.request_head import ExpectedBody

WATCH_SECONDS = 1.0
Message = Mapping[str, Any]


class Channel(Protocol):
    """A request's two directions, as ASGI has them; `send` of a whole answer need not be awaited."""

    def receive(self) -> Any: ...
    def send(self, message: Mapping[str, Any]) -> Any: ...


class Exchange(Protocol):
    """A request as the server hands it over; it wants to hear when it is done with."""

    scope: dict[str, Any]
    proto: Channel

    def done(self) -> None: ...
    def err(self, error: BaseException) -> None: ...


class Arrival(NamedTuple):
    """A request whose body is waited for, and since when."""

    exchange: Exchange
    expected: ExpectedBody
    began: float


class ServerThreadCallback:
    """A callback for the server's own thread, not the event loop: it must not block."""

    def __init__(self, call: Callable[[Any], object]) -> None:
        self.call = call


class ServerLoop(asyncio.SelectorEventLoop):
    """An event loop that knows such callbacks; the server hands it whatever waits for its results."""

    def call_soon_threadsafe(  # type: ignore[override]  # typed for any callback, as this is
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Call it in the event loop, or here and now where it says so."""
        if isinstance(callback, ServerThreadCallback):
            callback.call(*args)
            return asyncio.Handle(callback.call, args, self, context)
        return super().call_soon_threadsafe(callback, *args, context=context)


class ArrivingBodies:
    """All of them in this process. Whoever takes one out goes on with it: who hears of it, or who has lost patience."""

    def __init__(self, go_on: Callable[[Arrival, Message], object], give_up: Callable[[Arrival], object]) -> None:
        self._go_on, self._give_up = go_on, give_up
        self._waiting: dict[int, Arrival] = {}

    def expect_body(self, exchange: Exchange, expected: ExpectedBody) -> None:
        """Wait for the first part of a body."""
        arrival = Arrival(exchange, expected, time.monotonic())
        self._waiting[id(exchange)] = arrival
        exchange.proto.receive().add_done_callback(
            ServerThreadCallback(lambda future: self._take_arrived_body(arrival, future))
        )

    def _take_arrived_body(self, arrival: Arrival, future: Any) -> None:
        if self._waiting.pop(id(arrival.exchange), None) is not None:
            self._go_on(arrival, future.result())

    async def watch_deadlines(self) -> None:
        """Give up those whose time is over, for as long as the process serves."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            before = time.monotonic() - BODY_SECONDS
            for key, arrival in list(self._waiting.items()):
                if arrival.began < before and self._waiting.pop(key, None) is not None:
                    self._give_up(arrival)

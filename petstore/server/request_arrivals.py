"""Request bodies that are arriving: the server reports the first part in its own thread, without the event loop."""

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
    """A request's two directions, as in ASGI; `send` of a whole response need not be awaited."""

    def receive(self) -> Any: ...
    def send(self, message: Mapping[str, Any]) -> Any: ...


class Exchange(Protocol):
    """A request as the server passes it on; `done` or `err` has to be called at the end."""

    scope: dict[str, Any]
    proto: Channel

    def done(self) -> None: ...
    def err(self, error: BaseException) -> None: ...


class Arrival(NamedTuple):
    """A request whose body has not arrived, and the time since when it is expected."""

    exchange: Exchange
    expected: ExpectedBody
    began: float


class ServerThreadCallback:
    """A callback for the server's own thread instead of the event loop; it must not block."""

    def __init__(self, call: Callable[[Any], object]) -> None:
        self.call = call


class ServerLoop(asyncio.SelectorEventLoop):
    """An event loop that runs such callbacks at once."""

    def call_soon_threadsafe(  # type: ignore[override]  # typed for any callback, as this is
        self, callback: Any, *args: Any, context: Context | None = None
    ) -> asyncio.Handle:
        """Call a ServerThreadCallback at once and others in the event loop."""
        if isinstance(callback, ServerThreadCallback):
            callback.call(*args)
            return asyncio.Handle(callback.call, args, self, context)
        return super().call_soon_threadsafe(callback, *args, context=context)


class ArrivingBodies:
    """All bodies that are arriving at this process; each is taken out once, by its arrival or by its deadline."""

    def __init__(
        self, on_arrival: Callable[[Arrival, Message], object], on_deadline: Callable[[Arrival], object]
    ) -> None:
        self._go_on, self._give_up = on_arrival, on_deadline
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
        """Give up bodies that are late, for as long as the process serves."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            before = time.monotonic() - BODY_SECONDS
            for key, arrival in list(self._waiting.items()):
                if arrival.began < before and self._waiting.pop(key, None) is not None:
                    self._give_up(arrival)

"""Calls whose requests do not come (contract, gRPC; guarantees, G18)."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

import pytest

from petstore.interfaces.grpc import arrivals
from petstore.interfaces.grpc.arrivals import (
    LONG_SECONDS,
    SHORT_SECONDS,
    ArrivingRequests,
    TooManyArrivals,
    arriving_requests,
    limit_waits,
    receive_request,
)
from petstore.interfaces.grpc.wire import MalformedMessage


class Silence:
    """A call of which nothing more is heard, or whatever `said` is."""

    def __init__(self, said: object = None) -> None:
        self._said = said

    async def read(self) -> object:
        if self._said is None:
            await asyncio.Event().wait()
        return self._said


def test_a_few_requests_of_a_network_may_take_long_more_have_to_come_at_once_and_too_many_are_refused() -> None:
    waiting = ArrivingRequests(few=2, most=3)
    with ExitStack() as stack:
        seconds = [stack.enter_context(waiting.count_arrival("a")) for _ in range(3)]
        assert seconds == [LONG_SECONDS, LONG_SECONDS, SHORT_SECONDS]
        with pytest.raises(TooManyArrivals), waiting.count_arrival("a"):
            pass
        assert stack.enter_context(waiting.count_arrival("b")) == LONG_SECONDS, "another network's own"
    assert len(waiting) == 0


def test_a_request_that_does_not_come_is_given_up_and_frees_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "LONG_SECONDS", 0.01)
    with pytest.raises(TimeoutError):
        asyncio.run(receive_request(Silence(), "a"))  # type: ignore[arg-type]  # all that is read of a context
    assert len(arriving_requests) == 0


@pytest.mark.parametrize(("said", "result"), [(b"x", b"x"), (b"", b"")])
def test_a_request_that_comes_is_returned(said: bytes, result: bytes) -> None:
    assert asyncio.run(receive_request(Silence(said), "a")) == result  # type: ignore[arg-type]  # as above


def test_a_call_without_a_request_is_malformed() -> None:
    end: Any = object()
    with pytest.raises(MalformedMessage):
        asyncio.run(receive_request(Silence(end), "a"))  # type: ignore[arg-type]  # as above


def test_a_stream_of_requests_ends_with_the_first_that_does_not_come(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arrivals, "LONG_SECONDS", 0.01)

    async def say_two() -> AsyncIterator[int]:
        yield 1
        yield 2
        await asyncio.Event().wait()

    async def hear() -> list[int]:
        return [said async for said in limit_waits(say_two(), "a")]

    assert asyncio.run(hear()) == [1, 2]
    assert len(arriving_requests) == 0

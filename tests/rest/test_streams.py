"""How many live streams there may be, and for whom (guarantees, G18)."""

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from uuid import UUID

import pytest

from kernel import ids
from kernel.actor import Actor, Role
from kernel.errors import DomainError, Kind
from petstore.interfaces.live.streams import Audience, StreamLimitReached, StreamLimits, StreamRegistry, TooManyStreams

ORDER, USER = ids.new_id(), ids.new_id()
LIMITS = StreamLimits(per_subject=2, per_stranger=3, per_user=3, per_network=5, per_process=7)


def stranger(*, order: UUID | None = None, address: str = "192.0.2.7") -> Audience:
    return Audience.of_actor(order or ids.new_id(), Actor(ip_address=address))


def person(user_id: UUID | None = None, *, address: str = "192.0.2.7") -> Audience:
    actor = Actor(user_id=user_id or ids.new_id(), role=Role.CUSTOMER, ip_address=address)
    return Audience.of_actor(ids.new_id(), actor)


BOUNDS: list[tuple[Callable[[int], Audience], int, type[DomainError]]] = [
    (lambda number: replace(person(address=f"192.0.2.{number}"), subject=ORDER), 2, StreamLimitReached),
    (lambda _number: stranger(), 3, StreamLimitReached),
    (lambda number: stranger(address=f"2001:db8::{number}"), 3, StreamLimitReached),
    (lambda number: person(USER, address=f"192.0.2.{number}"), 3, StreamLimitReached),
    (lambda _number: person(), 5, StreamLimitReached),
    (lambda number: stranger(address=f"192.0.2.{number}"), 7, TooManyStreams),
]


@pytest.mark.parametrize(("listener", "most", "refusal"), BOUNDS, ids=str)
def test_one_more_than_a_bound_is_refused_and_counted_nowhere(
    listener: Callable[[int], Audience], most: int, refusal: type[DomainError]
) -> None:
    registry = StreamRegistry(LIMITS)
    with ExitStack() as held:
        for number in range(most):
            held.enter_context(registry.count_open_stream(listener(number)))
        for attempt in (
            registry.check_stream_limits,
            lambda audience: held.enter_context(registry.count_open_stream(audience)),
        ):
            with pytest.raises(refusal):
                attempt(listener(most))
        assert len(registry) == most
    assert registry.is_clear
    registry.check_stream_limits(listener(most))


def test_a_bound_that_one_has_reached_is_not_anothers() -> None:
    registry = StreamRegistry(LIMITS)
    with ExitStack() as held:
        for _ in range(3):
            held.enter_context(registry.count_open_stream(stranger()))
        registry.check_stream_limits(stranger(address="192.0.2.8"))
        registry.check_stream_limits(person())


@pytest.mark.parametrize("end", [GeneratorExit, KeyboardInterrupt, RuntimeError])
def test_however_a_stream_ends_it_is_counted_no_more(end: type[BaseException]) -> None:
    registry = StreamRegistry(LIMITS)
    with pytest.raises(end), registry.count_open_stream(stranger(order=ORDER)):
        raise end
    assert registry.is_clear


def test_looking_counts_nothing() -> None:
    registry = StreamRegistry(LIMITS)
    for _ in range(20):
        registry.check_stream_limits(stranger(order=ORDER))
    assert registry.is_clear


def test_a_callers_bound_is_their_fault_and_the_processs_is_ours() -> None:
    assert (StreamLimitReached.kind, TooManyStreams.kind) == (Kind.TOO_MANY, Kind.UNAVAILABLE)
    assert StreamLimitReached.retry_after
    assert TooManyStreams.retry_after

"""The rate at which a client of support rooms may send (contract, Rooms)."""

import pytest

from petstore.interfaces.rooms.frame_rates import MAX_DROPPED, FrameRate, TooManyFrames


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def read_clock(self) -> float:
        return self.seconds


def count_admitted(rate: FrameRate, clock: Clock, frames: int, *, per_second: float) -> int:
    """Return how many of so many frames are let through, at this rate."""
    admitted = 0
    for _ in range(frames):
        clock.seconds += 1 / per_second
        try:
            rate.count_next_frame()
        except TooManyFrames:
            continue
        admitted += 1
    return admitted


def test_twenty_frames_at_once_are_let_through_and_then_ten_a_second() -> None:
    clock = Clock()
    rate = FrameRate(clock.read_clock)
    assert count_admitted(rate, clock, 50, per_second=1e9) == 20
    clock.seconds += 1
    assert count_admitted(rate, clock, 50, per_second=1e9) == 10


@pytest.mark.parametrize("per_second", [1e9, 2000, 200, 150])
def test_a_flood_is_one_also_where_single_frames_get_through(per_second: float) -> None:
    clock = Clock()
    rate = FrameRate(clock.read_clock)
    count_admitted(rate, clock, 20 + MAX_DROPPED - 5, per_second=per_second)
    assert not rate.is_flood
    count_admitted(rate, clock, 30, per_second=per_second)
    assert rate.is_flood


@pytest.mark.parametrize("per_second", [5, 10, 12, 19])
def test_a_client_that_is_a_little_too_fast_is_no_flood(per_second: float) -> None:
    clock = Clock()
    rate = FrameRate(clock.read_clock)
    count_admitted(rate, clock, 2000, per_second=per_second)
    assert not rate.is_flood

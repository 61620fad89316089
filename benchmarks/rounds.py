"""Interleaved rounds: every operation by all entrants in turn, so that changes of the machine affect all alike."""

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from tqdm import tqdm

from benchmarks.measurements import Measurement
from benchmarks.operations import Operation


class Entrant(Protocol):
    """A server or database that can be put under load."""

    def measure_operation(self, operation: Operation, seconds: int) -> Measurement:
        """Put one operation under load."""


AnyEntrant = TypeVar("AnyEntrant", bound=Entrant)
Turns = list[tuple[AnyEntrant, Operation]]


def arrange_turns(entrants: Sequence[AnyEntrant], operations: Sequence[Operation], rounds: int) -> Turns[AnyEntrant]:
    """Give everybody a turn at each operation in each round; every round begins with another entrant."""
    places = range(len(entrants))
    return [
        (entrants[(start + place) % len(entrants)], operation)
        for start in range(rounds)
        for operation in operations
        for place in places
    ]


def measure_turns(turns: Turns[AnyEntrant], seconds: int, title: str) -> Iterator[Measurement]:
    """Measure one turn after the other, and show how far it is."""
    with tqdm(turns, desc=title) as progress:
        for entrant, operation in progress:
            yield entrant.measure_operation(operation, seconds)


def measure_interleaved(
    entrants: Sequence[AnyEntrant], operations: Sequence[Operation], rounds: int, seconds: int, title: str
) -> Iterator[Measurement]:
    """Measure everything as often as there are rounds."""
    yield from measure_turns(arrange_turns(entrants, operations, rounds), seconds, title)

"""Interleaved rounds: every operation by all entrants in turn, so that changes of the machine affect all alike."""

from collections.abc import Iterator, Sequence
from typing import Protocol

from tqdm import tqdm

from benchmarks.measurements import Measurement
from benchmarks.operations import Operation


class Entrant(Protocol):
    """A server or database that can be put under load."""

    def measure_operation(self, operation: Operation, seconds: int) -> Measurement:
        """Put one operation under load."""


def measure_interleaved(
    entrants: Sequence[Entrant], operations: Sequence[Operation], rounds: int, seconds: int, title: str
) -> Iterator[Measurement]:
    """Measure everything as often as there are rounds; every round begins with another entrant."""
    with tqdm(desc=title, total=rounds * len(operations) * len(entrants)) as progress:
        for number in range(rounds):
            start = number % len(entrants)
            for operation in operations:
                for entrant in (*entrants[start:], *entrants[:start]):
                    yield entrant.measure_operation(operation, seconds)
                    progress.update()

"""The results of `benchmarks/growth` as Markdown."""

from collections.abc import Callable, Mapping, Sequence

from benchmarks.measurements import Measurement, Summary, summaries
from benchmarks.operations import Operation
from benchmarks.report import number, table


class Growth:
    """What the operations cost at each size; a measurement's server is the size."""

    def __init__(
        self,
        run: Mapping[str, str],
        sizes: Sequence[int],
        operations: Sequence[Operation],
        measurements: Sequence[Measurement],
    ) -> None:
        self.run = run
        self.sizes = sizes
        self.operations = operations
        self.found = summaries(measurements)

    def latencies(self) -> dict[str, list[float]]:
        """Give each operation's median latencies, by its title, in the order of the sizes."""
        return {one.title: [summary.p50 for summary in self._grown(one)] for one in self.operations}

    def markdown(self) -> str:
        """Write the whole report."""
        facts = "\n".join(f"* {key}: {value}" for key, value in self.run.items())
        tables = [
            self._table("speed, × that of the smallest", self._speeds),
            self._table("median latency, ms", lambda grown: [one.p50 for one in grown]),
            self._table("median latency, × that of the smallest", self._slowness),
            self._table("99th percentile, ms", lambda grown: [one.p99 for one in grown]),
            self._table("CPU µs a request, server and PostgreSQL", lambda grown: [one.cpu_us for one in grown]),
            self._table("answers that are not 2xx", lambda grown: [one.refused + one.broken for one in grown]),
        ]
        return "\n\n".join([facts, *tables]) + "\n"

    def _table(self, title: str, figures: Callable[[Sequence[Summary]], Sequence[float]]) -> str:
        header = [title, *(f"{size:,} orders" for size in self.sizes)]
        return table(header, [[one.title, *map(number, figures(self._grown(one)))] for one in self.operations])

    def _speeds(self, grown: Sequence[Summary]) -> list[float]:
        return [one.rate / grown[0].rate for one in grown]

    def _slowness(self, grown: Sequence[Summary]) -> list[float]:
        return [one.p50 / grown[0].p50 for one in grown]

    def _grown(self, operation: Operation) -> list[Summary]:
        return [self.found[str(size), operation.slug] for size in self.sizes]

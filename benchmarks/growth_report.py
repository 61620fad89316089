"""The results of `benchmarks/growth` as Markdown."""

from collections.abc import Callable, Mapping, Sequence

from benchmarks.measurements import Measurement, Summary, summarize_by_operation
from benchmarks.operations import Operation
from benchmarks.report import format_markdown_table, format_number


class Growth:
    """The cost of the operations in each store; a measurement's server is the store's title, the smallest the first."""

    def __init__(
        self,
        run: Mapping[str, str],
        titles: Sequence[str],
        operations: Sequence[Operation],
        measurements: Sequence[Measurement],
    ) -> None:
        self.run = run
        self.titles = titles
        self.operations = operations
        self.found = summarize_by_operation(measurements)

    def list_median_latencies(self) -> dict[str, list[float]]:
        """Give each operation's median latencies, by its title, in the order of the stores."""
        return {one.title: [summary.p50 for summary in self._format_growth(one)] for one in self.operations}

    def format_markdown_report(self) -> str:
        """Write the whole report."""
        facts = "\n".join(f"* {key}: {value}" for key, value in self.run.items())
        tables = [
            self._format_table("speed, × that of the smallest", self._format_speeds),
            self._format_table("median latency, ms", lambda grown: [one.p50 for one in grown]),
            self._format_table("median latency, × that of the smallest", self._format_slowness),
            self._format_table("99th percentile, ms", lambda grown: [one.p99 for one in grown]),
            self._format_table("CPU µs a request, server and PostgreSQL", lambda grown: [one.cpu_us for one in grown]),
            self._format_table("answers that are not 2xx", lambda grown: [one.refused + one.broken for one in grown]),
        ]
        return "\n\n".join([facts, *tables]) + "\n"

    def _format_table(self, title: str, figures: Callable[[Sequence[Summary]], Sequence[float]]) -> str:
        header = [title, *self.titles]
        return format_markdown_table(
            header, [[one.title, *map(format_number, figures(self._format_growth(one)))] for one in self.operations]
        )

    def _format_speeds(self, grown: Sequence[Summary]) -> list[float]:
        return [one.rate / grown[0].rate for one in grown]

    def _format_slowness(self, grown: Sequence[Summary]) -> list[float]:
        return [one.p50 / grown[0].p50 for one in grown]

    def _format_growth(self, operation: Operation) -> list[Summary]:
        return [self.found[title, operation.slug] for title in self.titles]

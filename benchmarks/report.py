"""The results as Markdown and as JSON."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from benchmarks.cpu import Memory
from benchmarks.measurements import Measurement, Summary, summarize_by_operation
from benchmarks.operations import OPERATIONS, Operation

BASELINE = "drf"
OURS, OURS_IN_POOL = "ours-serve", "ours-pool"
WHOLE_FROM = 100

Rows = Sequence[Sequence[str]]


class Comparison:
    """The results of one run, ready to be shown."""

    def __init__(
        self, names: Mapping[str, str], measurements: Sequence[Measurement], memory: Mapping[str, Memory]
    ) -> None:
        self.names = names
        self.measurements = measurements
        self.memory = memory
        self.found = summarize_by_operation(measurements)

    @property
    def has_baseline(self) -> bool:
        """Return whether the tutorial ran too."""
        return BASELINE in self.names

    def ratio_to_baseline(self, server: str, operation: Operation) -> float | None:
        """Compare a server's speed with the tutorial's, where both ran."""
        baseline, found = self.found.get((BASELINE, operation.slug)), self.found.get((server, operation.slug))
        return found.rate / baseline.rate if baseline and found else None

    def format_overview(self) -> str:
        """Tabulate speed relative to the tutorial, and memory."""
        header = ["req/s as × tutorial DRF", *(one.title for one in OPERATIONS), "MB (PSS)", "MB (RSS)"]
        return format_markdown_table(
            header,
            [
                [name, *self._format_speed_ratios(slug), *self._format_memory_cells(slug)]
                for slug, name in self.names.items()
            ],
        )

    def format_tenant_costs(self) -> str:
        """Tabulate the requests with token and tenant beside those of the shared pool that have neither."""
        both = [one for one in OPERATIONS if (OURS_IN_POOL, one.slug) in self.found]
        header = ["with token and tenant : without", *(one.title for one in both)]
        pairs = [(self.found[OURS, one.slug], self.found[OURS_IN_POOL, one.slug]) for one in both]
        figures: dict[str, Callable[[Summary], float]] = {
            "req/s": lambda one: one.rate,
            "CPU µs, server, worker and PostgreSQL": lambda one: one.cpu_us,
        }
        return format_markdown_table(
            header,
            [
                [name, *(format_number(figure(named) / figure(unnamed)) for named, unnamed in pairs)]
                for name, figure in figures.items()
            ],
        )

    def format_operation_details(self, operation: Operation) -> str:
        """Tabulate one operation."""
        header = [
            operation.title, "req/s", "×", "CPU µs server", "worker", "PostgreSQL", "sum", "p50 ms", "p99 ms",
            "p99/p50", "not 2xx", "broken",
        ]  # fmt: skip
        found = [(self.found.get((slug, operation.slug)), slug, name) for slug, name in self.names.items()]
        return format_markdown_table(
            header,
            [
                [name, *format_detail_cells(one, self.ratio_to_baseline(slug, operation))]
                for one, slug, name in found
                if one is not None
            ],
        )

    def format_markdown_report(self, run: Mapping[str, str]) -> str:
        """Write the whole report."""
        facts = "\n".join(f"* {key}: {value}" for key, value in run.items())
        details = [self.format_operation_details(one) for one in OPERATIONS]
        costs = [self.format_tenant_costs()] if {OURS, OURS_IN_POOL} <= set(self.names) else []
        return "\n\n".join([facts, self.format_overview(), *costs, *details]) + "\n"

    def save_json(self, run: Mapping[str, str], path: Path) -> None:
        """Write everything as JSON."""
        content = {
            "run": run,
            "summaries": [one.to_json_object() for one in self.found.values()],
            "rounds": [asdict(one) for one in self.measurements],
            "memory": {slug: asdict(one) for slug, one in self.memory.items()},
        }
        path.write_text(json.dumps(content, indent=1) + "\n")

    def _format_speed_ratios(self, slug: str) -> list[str]:
        return [format_number(self.ratio_to_baseline(slug, one)) for one in OPERATIONS]

    def _format_memory_cells(self, slug: str) -> list[str]:
        weight = self.memory.get(slug)
        return [format_number(weight.pss), format_number(weight.rss)] if weight else ["", ""]


def format_detail_cells(one: Summary, ratio: float | None) -> list[str]:
    """Write a summary's cells: speed, ratio, CPU time on all sides and its sum, latencies, failures."""
    spent = [one.server_us, one.worker_us, one.database_us, one.cpu_us]
    measured = [one.rate, ratio, *spent, one.p50, one.p99, one.p99 / one.p50]
    return [*map(format_number, measured), str(one.refused), str(one.broken)]


def format_summary_cells(one: Summary, ratio: float | None) -> list[str]:
    """Write a summary's cells: speed, ratio, CPU time on both sides, latencies, failures."""
    measured = [one.rate, ratio, one.server_us, one.database_us, one.p50, one.p99, one.p99 / one.p50]
    return [*map(format_number, measured), str(one.refused), str(one.broken)]


def format_number(value: float | None) -> str:
    """Write a figure with as many digits as it deserves."""
    if value is None:
        return ""
    return f"{value:.0f}" if value >= WHOLE_FROM else f"{value:.3g}"


def format_markdown_table(header: Sequence[str], rows: Rows) -> str:
    """Write a Markdown table, the first column to the left and the figures to the right."""
    rule = ["---", *["---:"] * (len(header) - 1)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [header, rule, *rows])

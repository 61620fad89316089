"""The results as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.operations import OPERATIONS
from benchmarks.report import BASELINE, Comparison, format_number

mpl.rcParams["svg.hashsalt"] = "petstore"
COLOURS = ("#7f8c8d", "#2980b9", "#16a085", "#d35400", "#8e44ad", "#c0392b")


def save_comparison(comparison: Comparison, path: Path) -> None:
    """Draw each server's speed as a multiple of the tutorial's, on a logarithmic scale."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.add_subplot()
    width = 0.8 / len(comparison.names)
    for index, (slug, name) in enumerate(comparison.names.items()):
        ratios = [comparison.ratio_to_baseline(slug, one) or 0.0 for one in OPERATIONS]
        places = [place + (index - (len(comparison.names) - 1) / 2) * width for place in range(len(OPERATIONS))]
        bars = axes.bar(places, ratios, width, label=name, color=COLOURS[index % len(COLOURS)])
        axes.bar_label(bars, [format_number(ratio) for ratio in ratios], fontsize=8)
    axes.set_yscale("log")
    axes.set_xticks(range(len(OPERATIONS)), [one.title for one in OPERATIONS])
    axes.set_ylabel(f"requests a second, × {comparison.names[BASELINE]}")
    axes.legend(fontsize=8)
    figure.savefig(path, metadata={"Date": None})


def save_growth(sizes: Sequence[int], latencies: Mapping[str, Sequence[float]], path: Path) -> None:
    """Draw each operation's latency over the number of orders."""
    figure = Figure(figsize=(9, 4.5), layout="constrained")
    axes = figure.add_subplot()
    for name, values in latencies.items():
        axes.plot(sizes, values, marker="o", label=name)
    axes.set_xscale("log")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("orders")
    axes.set_ylabel("median latency, ms")
    figure.legend(fontsize=8, loc="outside right upper")
    figure.savefig(path, metadata={"Date": None})

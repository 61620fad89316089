"""The results as a picture."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.operations import OPERATIONS
from benchmarks.report import BASELINE, Comparison, format_number

mpl.rcParams["svg.hashsalt"] = "petstore"
COLOURS = ("#c0392b", "#e59866", "#7f8c8d", "#2980b9", "#5dade2", "#16a085", "#566573", "#aab7b8")
MARKERS = "osd^v"


def save_comparison(comparison: Comparison, path: Path) -> None:
    """Draw each server's speed as a multiple of the tutorial's, on a logarithmic scale."""
    figure = Figure(figsize=(13, 5), layout="constrained")
    axes = figure.add_subplot()
    width = 0.8 / len(comparison.names)
    for index, (slug, name) in enumerate(comparison.names.items()):
        found = [(place, comparison.ratio_to_baseline(slug, one)) for place, one in enumerate(OPERATIONS)]
        ratios = {place + (index - (len(comparison.names) - 1) / 2) * width: ratio for place, ratio in found if ratio}
        bars = axes.bar([*ratios], [*ratios.values()], width, label=name, color=COLOURS[index % len(COLOURS)])
        axes.bar_label(bars, [format_number(ratio) for ratio in ratios.values()], fontsize=6, rotation=60)
    axes.set_yscale("log")
    axes.set_xticks(range(len(OPERATIONS)), [one.title for one in OPERATIONS])
    axes.set_ylabel(f"requests a second, × {comparison.names[BASELINE]}")
    figure.legend(fontsize=8, loc="outside lower center", ncols=4)
    figure.savefig(path, metadata={"Date": None})


def save_growth(titles: Sequence[str], latencies: Mapping[str, Sequence[float]], path: Path) -> None:
    """Draw each operation's latency in each store."""
    figure = Figure(figsize=(10, 5.5), layout="constrained")
    axes = figure.add_subplot()
    for index, (name, values) in enumerate(latencies.items()):
        axes.plot(titles, values, marker=MARKERS[index % len(MARKERS)], label=name)
    axes.set_yscale("log")
    axes.set_ylabel("median latency, ms")
    figure.legend(fontsize=8, loc="outside right upper")
    figure.savefig(path, metadata={"Date": None})

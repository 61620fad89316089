"""The time and the cost of a support message's way to another process: by Redis, by NOTIFY, and by looking alone.

`uv run --group bench python -m benchmarks.carriers`; needs a PostgreSQL server as `benchmarks/run` does, and Redis at
BENCH_REDIS_URL (redis://127.0.0.1:6379/0). One process writes messages at a rate, in 50 rooms, and another hears them.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from statistics import median, quantiles
from typing import Any, Final

from benchmarks.console import run_with_signals
from benchmarks.cpu import BackendMeter
from benchmarks.databases import Cluster
from benchmarks.errors import BenchmarkError
from benchmarks.ours import ENVIRONMENT, ROOT
from benchmarks.processes import run_command_to_end
from benchmarks.report import format_markdown_table, format_number

DATABASE: Final = f"petstore_bench_carriers_{os.getpid()}"
KINDS: Final = ("redis", "notify", "look")
HEADER: Final = ["", "ms p50", "ms p99", "CPU µs a message: writer", "listener", "PostgreSQL"]
Run = dict[str, Any]


def compare_carriers() -> None:
    """Measure the ways in turns, and print the medians of the rounds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rate", type=int, default=100, help="messages a second (100)")
    parser.add_argument("--seconds", type=int, default=10, help="of each run (10)")
    parser.add_argument("--rounds", type=int, default=3, help="(3)")
    given = parser.parse_args()
    cluster = Cluster.from_environment()
    runs: dict[str, list[Run]] = {kind: [] for kind in KINDS}
    with cluster.create_temporary_database(DATABASE) as url:
        environment = {
            **ENVIRONMENT,
            "DATABASE_URL": url,
            "DJANGO_SETTINGS_MODULE": "petstore.settings.dev",
            "REDIS_URL": os.environ.get("BENCH_REDIS_URL", "redis://127.0.0.1:6379/0"),
        }
        run_command_to_end((sys.executable, "manage.py", "migrate", "--verbosity", "0"), ROOT, environment)
        for _ in range(given.rounds):
            for kind in KINDS:
                runs[kind].append(_measure_run(cluster, environment, kind, given.rate, given.seconds))
    print(format_markdown_table(HEADER, list(_format_rows(runs))))


def _measure_run(cluster: Cluster, environment: dict[str, str], kind: str, rate: int, seconds: int) -> Run:
    with _start_end(environment, "write", kind, rate, seconds) as writer:
        rooms = _read_line(writer)
        with _start_end(environment, "listen", kind) as listener:
            _write_line(listener, rooms)
            _read_line(listener)
            meter = BackendMeter(cluster, DATABASE)
            meter.start_meter()
            _write_line(writer, "")
            written = json.loads(_read_line(writer))
            meter.take_sample()
            _write_line(listener, str(written["messages"]))
            heard = json.loads(_read_line(listener))
    if len(heard["seconds"]) != written["messages"]:
        raise BenchmarkError(f"{kind}: heard {len(heard['seconds'])} of {written['messages']} messages.")
    cuts, number = quantiles(heard["seconds"], n=100), written["messages"]
    costs = [1e6 * cpu / number for cpu in (written["cpu"], heard["cpu"], meter.seconds or 0.0)]
    return {"p50": 1000 * cuts[49], "p99": 1000 * cuts[98], "costs": costs}


def _format_rows(runs: dict[str, list[Run]]) -> Iterator[list[str]]:
    for kind, found in runs.items():
        times = [median(run[name] for run in found) for name in ("p50", "p99")]
        costs = [median(run["costs"][place] for run in found) for place in range(3)]
        yield [kind, *map(format_number, (*times, *costs))]


def _start_end(environment: dict[str, str], *words: object) -> "subprocess.Popen[str]":
    command: Sequence[str] = (sys.executable, "-m", "benchmarks.carrier_ends", *map(str, words))
    return subprocess.Popen(
        command, cwd=ROOT, env={**os.environ, **environment}, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def _read_line(process: "subprocess.Popen[str]") -> str:
    line = process.stdout.readline() if process.stdout else ""
    if not line:
        raise BenchmarkError("One end has failed; its error is above.")
    return line.strip()


def _write_line(process: "subprocess.Popen[str]", line: str) -> None:
    if process.stdin:
        process.stdin.write(f"{line}\n")
        process.stdin.flush()


if __name__ == "__main__":
    run_with_signals(compare_carriers)

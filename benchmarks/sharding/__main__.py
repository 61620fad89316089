"""Spread tenants over 1, 2 and 4 PostgreSQL clusters: what an order costs there, and the way to 10 000 a second.

`uv run --group bench python -m benchmarks.sharding`; it takes the programs of PostgreSQL's server and pgbench, and
less than three minutes. All clusters share this machine's cores, so the sum of their rates cannot grow: what shows
that spreading costs nothing is the CPU time of an order, which should not depend on the number of clusters.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import astuple
from pathlib import Path
from statistics import median

from benchmarks.console import run_with_signals
from benchmarks.errors import BenchmarkError
from benchmarks.load import require_program
from benchmarks.machine import describe_machine
from benchmarks.sharding.arithmetic import BUSY, Costs, compute_needs
from benchmarks.sharding.directory import Tenants, spread_tenants
from benchmarks.sharding.runs import CLIENTS, Result, Shard, run_script
from benchmarks.sharding.scripts import copy_schema, migrate_database, write_scripts
from benchmarks.sharding.servers import Server, run_servers

HERE = Path(__file__).parent
CLUSTERS = (1, 2, 4)
TRANSACTIONS = {"orders": 2400, "reads": 16_000, "lists": 4000}
TEMPLATE = "petstore"
GOAL = 10_000
MEASURED_SECONDS = 60

Results = dict[tuple[str, int], list[Result]]


def run_simulation() -> None:
    """Start the clusters, measure in turns, and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tenants", type=int, default=400)
    parser.add_argument("--past-orders", type=int, default=20_000, help="of all tenants together")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--web", type=float, default=723, help="CPU µs of a web process for an order (benchmarks/run)")
    parser.add_argument("--worker", type=float, default=258, help="CPU µs of the worker for an order (benchmarks/run)")
    chosen = parser.parse_args()
    require_program("pgbench")
    with run_servers(max(CLUSTERS)) as servers, tempfile.TemporaryDirectory() as folder:
        described = describe_machine(servers[0]) | {"command": "uv run --group bench python -m benchmarks.sharding"}
        print(", ".join(f"{name}: {value}" for name, value in described.items()))
        with prepare_schemas(servers, Path(folder)) as scripts:
            layouts = {count: seed_layout(servers[:count], chosen) for count in CLUSTERS}
            results = measure_layouts(layouts, scripts, chosen.rounds)
    print_results(results)
    placed = take_median(results["orders", max(CLUSTERS)])
    print_needs(Costs(placed.cpu_microseconds, chosen.web, chosen.worker, placed.wal_bytes))


@contextmanager
def prepare_schemas(servers: list[Server], folder: Path) -> Iterator[dict[str, Path]]:
    """Migrate a template, copy it to each cluster, and record the application's statements on a copy."""
    with ExitStack() as stack:
        first, *others = [stack.enter_context(server.create_temporary_database(TEMPLATE)) for server in servers]
        migrate_database(first)
        for url in others:
            copy_schema(first, url, folder / "schema.sql")
        with servers[0].create_temporary_database("recorded", TEMPLATE) as url:
            yield write_scripts(url, folder)


def seed_layout(servers: list[Server], chosen: argparse.Namespace) -> list[Shard]:
    """Give each cluster a database with its tenants alone, as the directory has them."""
    spread = spread_tenants(chosen.tenants, len(servers))
    return [seed_shard(server, tenants, chosen, len(servers)) for server, tenants in zip(servers, spread, strict=True)]


def seed_shard(server: Server, tenants: Tenants, chosen: argparse.Namespace, clusters: int) -> Shard:
    """Fill one cluster's database: past orders, and a pet for each order that will be placed."""
    name = f"layout_{clusters}"
    server.copy_database(name, TEMPLATE)
    orders = chosen.past_orders // clusters
    pets = chosen.rounds * TRANSACTIONS["orders"] // clusters
    numbers = {"first": tenants.first, "count": tenants.number, "orders": orders, "pets": pets}
    server.run_sql_files(name, [HERE / "rules.sql", HERE / "seed.sql"], numbers)
    server.vacuum_database(name)
    return Shard(server, name, tenants, orders)


def measure_layouts(layouts: dict[int, list[Shard]], scripts: dict[str, Path], rounds: int) -> Results:
    """Measure in turns, so that the machine's moods hit all alike, and see that each order is a row.

    The rounds end early on a machine that is busy with other things.
    """
    results: Results = {}
    deadline = time.monotonic() + MEASURED_SECONDS
    for number in range(rounds):
        if results and time.monotonic() > deadline:
            break
        for name, script in scripts.items():
            for count, shards in layouts.items():
                before = sum(shard.count_orders() for shard in shards)
                result = run_script(shards, script, TRANSACTIONS[name], number * TRANSACTIONS["orders"] // CLIENTS)
                results.setdefault((name, count), []).append(result)
                placed = sum(shard.count_orders() for shard in shards) - before
                if placed != (TRANSACTIONS[name] if name == "orders" else 0):
                    raise BenchmarkError(f"{name}: {placed} rows")
    return results


def print_results(results: Results) -> None:
    """Print medians, and ratios to one cluster."""
    print(f"\n{'':8} clusters       /s      ×   CPU µs      ×   log bytes   syncs")
    for name in TRANSACTIONS:
        alone = take_median(results[name, 1])
        for count in CLUSTERS:
            one = take_median(results[name, count])
            speed, cost = one.per_second / alone.per_second, one.cpu_microseconds / alone.cpu_microseconds
            print(
                f"{name:8} {count:8} {one.per_second:8.0f} {speed:6.2f} {one.cpu_microseconds:8.0f} {cost:6.2f} "
                f"{one.wal_bytes:11.0f} {one.syncs:7.2f}"
            )


def take_median(runs: list[Result]) -> Result:
    """Take the median of each figure."""
    return Result(*(median(figures) for figures in zip(*map(astuple, runs), strict=True)))


def print_needs(costs: Costs) -> None:
    """Print the arithmetic."""
    print(
        f"\n{GOAL:,} orders a second, at {costs.database:.0f} µs of PostgreSQL, {costs.web:.0f} µs of a web process "
        f"and {costs.worker:.0f} µs of the worker for each, cores {BUSY:.0%} busy:"
    )
    for name, value in compute_needs(costs, GOAL):
        print(f"{value:>8}  {name}")


if __name__ == "__main__":
    run_with_signals(run_simulation)

"""Runs of pgbench on several clusters at once, and what they cost."""

import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg

from benchmarks.errors import BenchmarkError
from benchmarks.sharding.directory import Tenants
from benchmarks.sharding.servers import Server

CLIENTS = 8
TIMEOUT_SECONDS = 60
_RATE = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_FAILED = re.compile(r"^number of failed transactions: (\d+)", re.MULTILINE)
_WAL = "SELECT wal_bytes::float8, wal_sync::float8 FROM pg_stat_wal"


@dataclass(frozen=True)
class Shard:
    """The database of a cluster with its tenants, its orders of the past and its pets for sale."""

    server: Server
    database: str
    tenants: Tenants
    orders: int

    @property
    def url(self) -> str:
        """The address of the database."""
        return self.server.build_database_url(self.database)

    def count_orders(self) -> int:
        """Count the orders that it has."""
        return self.server.count_rows(self.database, "orders_order")


@dataclass(frozen=True)
class Result:
    """What a number of clusters did in one run.

    Attributes:
        per_second: the sum of the clusters' rates.
        cpu_microseconds: of all processes of the clusters, for one transaction.
        wal_bytes: of one transaction.
        syncs: of the log to the disk, for one transaction; less than 1 where commits share one.
    """

    per_second: float
    cpu_microseconds: float
    wal_bytes: float
    syncs: float


def run_script(shards: Sequence[Shard], script: Path, transactions: int, sold: int) -> Result:
    """Run a script on all clusters at once, with the same number of clients and transactions in whole.

    Args:
        script: the statements, and the lines that choose a tenant.
        transactions: how many, over all clusters.
        sold: the orders that each client has placed in earlier runs.

    Raises:
        BenchmarkError: pgbench has failed.
    """
    clients = CLIENTS // len(shards)
    before = [_read_figures(shard) for shard in shards]
    running = [_start_pgbench(shard, script, clients, transactions // CLIENTS, sold) for shard in shards]
    rates = [_read_rate(one) for one in running]
    after = [_read_figures(shard) for shard in shards]
    cpu, wal, syncs = (
        sum(new[figure] - old[figure] for old, new in zip(before, after, strict=True)) / transactions
        for figure in range(3)
    )
    return Result(sum(rates), cpu * 1e6, wal, syncs)


def _start_pgbench(shard: Shard, script: Path, clients: int, each: int, sold: int) -> "subprocess.Popen[str]":
    variables = {
        "first": shard.tenants.first,
        "tenants": shard.tenants.number,
        "orders": shard.orders,
        "clients": clients,
        "sold": sold,
    }
    command = [
        "pgbench", "--no-vacuum", "--protocol=prepared", f"--client={clients}", "--jobs=1", f"--transactions={each}",
        f"--file={script}", *(f"--define={name}={value}" for name, value in variables.items()), shard.url,
    ]  # fmt: skip
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _read_rate(running: "subprocess.Popen[str]") -> float:
    with running:
        output, errors = running.communicate(timeout=TIMEOUT_SECONDS)
    rate, failed = _RATE.search(output), _FAILED.search(output)
    if running.returncode or rate is None or (failed is not None and int(failed[1])):
        raise BenchmarkError(f"pgbench failed:\n{output[-1000:]}{errors[-1000:]}")
    return float(rate[1])


def _read_figures(shard: Shard) -> tuple[float, float, float]:
    """Read processor seconds, bytes and syncs of the log so far."""
    with psycopg.connect(shard.server.admin_url) as connection:
        row = connection.execute(_WAL).fetchone()
    if row is None:
        raise BenchmarkError("PostgreSQL tells nothing of its log.")
    return shard.server.read_cpu_seconds(), row[0], row[1]

"""The arithmetic from measured figures to a rate of orders: cores, clusters, commits, web processes."""

from dataclasses import dataclass
from math import ceil

BUSY = 0.6
"""The share of a processor that is planned for; the rest is for peaks, vacuum, and a cluster that is away."""
CORES_OF_A_CLUSTER = 8
COMMITS_OF_A_CLUSTER = 5000
"""Commits a second that one log takes on an ordinary disk of a server, several commits sharing a sync."""


@dataclass(frozen=True)
class Costs:
    """What one order costs.

    Attributes:
        database: CPU µs of PostgreSQL, as this simulation measures it.
        web: CPU µs of a web process; `benchmarks/run` measures it.
        worker: CPU µs of the worker; `benchmarks/run` measures it.
        wal_bytes: bytes of PostgreSQL's log.
    """

    database: float
    web: float
    worker: float
    wal_bytes: float


def compute_needs(costs: Costs, orders_per_second: int) -> list[tuple[str, str]]:
    """Compute what a rate of orders takes, as rows of a table."""
    database, web, worker = (
        orders_per_second * microseconds / 1e6 / BUSY for microseconds in (costs.database, costs.web, costs.worker)
    )
    clusters = max(ceil(database / CORES_OF_A_CLUSTER), ceil(orders_per_second / COMMITS_OF_A_CLUSTER))
    each = orders_per_second / clusters
    return [
        ("cores of PostgreSQL", f"{database:.0f}"),
        (f"clusters, of at most {CORES_OF_A_CLUSTER} cores and {COMMITS_OF_A_CLUSTER} commits a second", f"{clusters}"),
        ("orders a second of each cluster, which are commits", f"{each:.0f}"),
        ("MB of log a second of each cluster", f"{each * costs.wal_bytes / 1e6:.1f}"),
        ("web processes (a core each)", f"{ceil(web)}"),
        ("worker processes (a core each), at least one for each cluster", f"{max(ceil(worker), clusters)}"),
    ]

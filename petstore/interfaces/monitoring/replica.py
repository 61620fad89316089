"""What this process knows of the replica that lists are read from: for `/readyz` and `/metrics`."""

from collections.abc import Iterator

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from database.postgresql.replicas import watch
from database.replicas import has_replica


def describe_replica() -> str:
    """Say where lists are read from. A replica never makes a process unready, for the primary can do without."""
    if watch.reason:
        return f"Lists are read from the primary: of the replica, {watch.reason}."
    return f"Lists are read from the replica, which is at most {watch.lag_seconds:.1f} s behind."


class ReplicaCollector(Collector):
    """Collect what this process has last seen of its replica; nothing where there is none."""

    def collect(self) -> Iterator[Metric]:
        """Yield whether the replica is asked, how far it was behind, and which server has served lists."""
        if not has_replica():
            return
        yield GaugeMetricFamily(
            "petstore_replica_in_use", "1 where lists are read from the replica.", 0.0 if watch.reason else 1.0
        )
        lag = GaugeMetricFamily(
            "petstore_replica_lag_seconds", "How far the replica was behind at the most, when it was last asked."
        )
        if watch.lag_seconds != float("inf"):
            lag.add_metric([], watch.lag_seconds)
        yield lag
        lists = CounterMetricFamily("petstore_lists_read", "Lists and sums, by the server.", labels=["server"])
        for server in ("replica", "primary"):
            lists.add_metric([server], watch.blocks[server])
        yield lists

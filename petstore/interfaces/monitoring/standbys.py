"""Standbys of the database, as the primary sees them: which of them follow, and how far they are behind."""

from collections.abc import Iterator

from django.db import DatabaseError, connection
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

WAITS_IN_VAIN = """
SELECT current_setting('synchronous_standby_names') <> '' AND NOT EXISTS (SELECT FROM pg_stat_replication)
"""
"""Only a role with pg_monitor sees more of a standby than that it is there."""
LIST_STANDBYS = """
SELECT application_name, coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), replay_lsn), 0),
    extract(epoch FROM clock_timestamp() - reply_time)
FROM pg_stat_replication WHERE state = 'streaming' AND NOT pg_is_in_recovery()
"""
NO_STANDBY = "Orders wait for a standby of the database, and none follows."


def describe_standbys() -> str:
    """Return what is wrong with the standbys that the primary waits for; nothing where all is well."""
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute(WAITS_IN_VAIN)
        return NO_STANDBY if cursor.fetchone()[0] else ""


class StandbyCollector(Collector):
    """Collect how far each standby is behind; none without PostgreSQL, or for a role without pg_monitor."""

    def collect(self) -> Iterator[Metric]:
        lag = GaugeMetricFamily(
            "petstore_standby_lag_bytes", "What a standby of the database has not applied yet.", labels=["standby"]
        )
        silence = GaugeMetricFamily(
            "petstore_standby_silent_seconds", "The time since a standby has last answered.", labels=["standby"]
        )
        for name, behind, seconds in _list_standbys():
            lag.add_metric([name], behind)
            silence.add_metric([name], seconds)
        yield lag
        yield silence


def _list_standbys() -> list[tuple[str, float, float]]:
    if connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(LIST_STANDBYS)
            return [(str(name), float(behind), float(seconds or 0)) for name, behind, seconds in cursor.fetchall()]
    except DatabaseError:
        return []

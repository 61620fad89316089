"""Partitions of the coming months, made ahead by a worker: the journal, webhook deliveries (decision 56)."""

import logging
from collections.abc import Iterator
from datetime import date, timedelta

from django.db import DatabaseError, connection
from django.db.backends.utils import CursorWrapper

from database.short_locks import call_when_free
from kernel import clock
from petstore.server.recurring_jobs import run_if_due
from tenants.scoping import all_tenants

DAY = timedelta(hours=24)
DAILY_PARTITIONS = "partitions"
MONTHS_AHEAD = 2
_PARTITIONED = """
    SELECT relname FROM pg_partitioned_table JOIN pg_class ON pg_class.oid = partrelid
    WHERE relnamespace = current_schema()::regnamespace ORDER BY relname
"""

logger = logging.getLogger(__name__)


def add_partitions_if_due() -> int:
    """Make the partitions of the coming months if no worker has done so for a day; returns 1 if it was done."""
    return int(run_if_due(DAILY_PARTITIONS, every=DAY, work=add_coming_partitions))


def add_coming_partitions() -> list[str]:
    """Make the partitions of this month and the next ones where there are none; return their names.

    One that cannot be made is logged and tried again the next day: until then its rows go into the default partition.
    """
    if connection.vendor != "postgresql":
        return []
    with all_tenants(reason="partitions have rows of every tenant"), connection.cursor() as cursor:
        cursor.execute(_PARTITIONED)
        tables = [name for (name,) in cursor.fetchall()]
        return [f"{table} {month:%Y-%m}" for table in tables for month in _list_months() if _add(cursor, table, month)]


def _list_months() -> Iterator[date]:
    month = clock.now().date().replace(day=1)
    for _ in range(MONTHS_AHEAD + 1):
        yield month
        month = (month + timedelta(days=31)).replace(day=1)


def _add(cursor: CursorWrapper, table: str, month: date) -> bool:
    """Call the function of the table's owner that makes one partition."""
    try:
        return bool(call_when_free(cursor, f"{table}_add_month", month))
    except DatabaseError:
        logger.exception("The partition of %s for %s could not be made.", table, f"{month:%Y-%m}")
        return False

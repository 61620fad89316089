"""Count the rows of a collection: exactly up to 10 000, by an estimate beyond that (contract, Collections)."""

import json
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

EXACT_UP_TO = 10_000


REMEMBERED_SECONDS = 10
"""For so long an estimate is given again that is far beyond what is counted exactly."""
_MOST_REMEMBERED = 1000


@dataclass(frozen=True, slots=True)
class Total:
    """The number of rows; it may be an estimate."""

    items: int
    is_estimate: bool = False


def count_rows_bounded(rows: QuerySet[Any]) -> Total:
    """Count exactly up to 10 000; beyond that return PostgreSQL's estimate, or SQLite's count."""
    counted = rows.order_by().values("pk")[: EXACT_UP_TO + 1].count()
    return Total(counted) if counted <= EXACT_UP_TO else _estimate_row_count(rows)


def complete_bounded_count(counted: int, rows: Callable[[], QuerySet[Any]]) -> Total:
    """Return the total of rows that were counted already, up to 10 001.

    Args:
        counted: exact, or EXACT_UP_TO + 1 where counting stopped there.
        rows: returns the rows that were counted, for an estimate.
    """
    if counted <= EXACT_UP_TO:
        return Total(counted)
    return _estimate_row_count(rows()) if counted == EXACT_UP_TO + 1 else Total(counted, is_estimate=True)


class RememberedEstimates:
    """Estimates of this process: counting up to the bound costs the database more than reading a page."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[float, Total]] = {}

    def find_estimate(self, key: Hashable) -> Total | None:
        """Return the estimate that was made a moment ago; None where there is none."""
        until, total = self._known.get(key, (0.0, None))
        return total if time.monotonic() < until else None

    def remember_estimate(self, key: Hashable, total: Total) -> None:
        """Remember an estimate of more than twice the bound, so that no exact number is missed for it."""
        if not total.is_estimate or total.items <= 2 * EXACT_UP_TO:
            return
        if len(self._known) >= _MOST_REMEMBERED:
            self._known.clear()
        self._known[key] = time.monotonic() + REMEMBERED_SECONDS, total


def _estimate_row_count(rows: QuerySet[Any]) -> Total:
    if connection.vendor != "postgresql":
        return Total(rows.order_by().count(), is_estimate=True)
    plan = json.loads(rows.order_by().values("pk").explain(format="json"))
    return Total(max(EXACT_UP_TO + 1, int(plan[0]["Plan"]["Plan Rows"])), is_estimate=True)

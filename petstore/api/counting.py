"""How many rows there are, without a cost that grows with them (contract, Collections)."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

EXACT_UP_TO = 10_000
ESTIMATE_SECONDS = 30


@dataclass(frozen=True, slots=True)
class Total:
    """How many, and whether that is an estimate."""

    items: int
    is_estimate: bool = False


def total(rows: QuerySet[Any]) -> Total:
    """Exact to 10 000; beyond that the planner's estimate, or what SQLite counts."""
    counted = rows.order_by().values("pk")[: EXACT_UP_TO + 1].count()
    return Total(counted) if counted <= EXACT_UP_TO else _estimated(rows)


def plain_total(key: object, count: Callable[[], int], rows: Callable[[], QuerySet[Any]]) -> Total:
    """The total of a list whose rows are never deleted: once it is large, its estimate serves for a while.

    Args:
        key: which list it is.
        count: counts to EXACT_UP_TO + 1.
        rows: the list, for the estimate.
    """
    known = _estimates.get(key)
    if known is not None and known[0] > time.monotonic():
        return known[1]
    counted = count()
    if counted <= EXACT_UP_TO:
        return Total(counted)
    estimate = _estimated(rows())
    _estimates[key] = time.monotonic() + ESTIMATE_SECONDS, estimate
    return estimate


def forget_estimates() -> None:
    """Start afresh, as a new process would."""
    _estimates.clear()


_estimates: dict[object, tuple[float, Total]] = {}


def _estimated(rows: QuerySet[Any]) -> Total:
    if connection.vendor != "postgresql":
        return Total(rows.order_by().count(), is_estimate=True)
    plan = json.loads(rows.order_by().values("pk").explain(format="json"))
    return Total(max(EXACT_UP_TO + 1, int(plan[0]["Plan"]["Plan Rows"])), is_estimate=True)

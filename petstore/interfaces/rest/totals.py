"""How many rows there are, without a cost that grows with them (contract, Collections)."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import QuerySet

EXACT_UP_TO = 10_000


@dataclass(frozen=True, slots=True)
class Total:
    """How many, and whether that is an estimate."""

    items: int
    is_estimate: bool = False


def count_rows(rows: QuerySet[Any]) -> Total:
    """Exact to 10 000; beyond that the planner's estimate, or what SQLite counts."""
    counted = rows.order_by().values("pk")[: EXACT_UP_TO + 1].count()
    return Total(counted) if counted <= EXACT_UP_TO else _estimate_rows(rows)


def complete_count(counted: int, rows: Callable[[], QuerySet[Any]]) -> Total:
    """The total of rows that were counted already.

    Args:
        counted: exact, or EXACT_UP_TO + 1 where the counting stopped there.
        rows: what was counted, for an estimate.
    """
    if counted <= EXACT_UP_TO:
        return Total(counted)
    return _estimate_rows(rows()) if counted == EXACT_UP_TO + 1 else Total(counted, is_estimate=True)


def _estimate_rows(rows: QuerySet[Any]) -> Total:
    if connection.vendor != "postgresql":
        return Total(rows.order_by().count(), is_estimate=True)
    plan = json.loads(rows.order_by().values("pk").explain(format="json"))
    return Total(max(EXACT_UP_TO + 1, int(plan[0]["Plan"]["Plan Rows"])), is_estimate=True)

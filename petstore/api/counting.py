"""How many rows there are, without a cost that grows with them (contract, Collections)."""

import json
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


def total(rows: QuerySet[Any]) -> Total:
    """Exact to 10 000; beyond that the planner's estimate, or what SQLite counts."""
    counted = rows.order_by().values("pk")[: EXACT_UP_TO + 1].count()
    if counted <= EXACT_UP_TO:
        return Total(counted)
    if connection.vendor != "postgresql":
        return Total(rows.order_by().count(), is_estimate=True)
    plan = json.loads(rows.order_by().values("pk").explain(format="json"))
    return Total(max(EXACT_UP_TO + 1, int(plan[0]["Plan"]["Plan Rows"])), is_estimate=True)

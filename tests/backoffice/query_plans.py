"""Explain how the database finds orders when there are enough of them to use an index."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from tenants.models import Tenant
from tests.factories import OrderFactory

ENOUGH = 60


def explain_among_many(tenant: Tenant, orders: "QuerySet[Any]") -> str:
    """Return the plan of a query, with more orders of the tenant in the planner's statistics."""
    OrderFactory.create_batch(ENOUGH, tenant=tenant)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_order")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    return orders.explain()

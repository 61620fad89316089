"""How the database would look for orders where there are enough of them to look in an index."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from tenants.models import Tenant
from tests.factories import OrderFactory

ENOUGH = 60


def explain_among_many(tenant: Tenant, orders: "QuerySet[Any]") -> str:
    """The plan for these orders, beside some more of the tenant's that the planner knows of."""
    OrderFactory.create_batch(ENOUGH, tenant=tenant)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE orders_order")
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")
    return orders.explain()

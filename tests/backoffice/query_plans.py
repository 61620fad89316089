"""Explain how the database finds rows when there are enough of them to use an index."""

from typing import Any

from django.db import connection
from django.db.models import QuerySet

from accounts.models import User
from chat.models import Room
from tenants.models import Tenant
from tenants.scoping import tenant_scope
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


def explain_rooms(customer: User, rooms: "QuerySet[Any]") -> str | None:
    """Return PostgreSQL's plan of a query, with more rooms of the customer in its statistics; None on SQLite, which
    sorts where nulls come last."""
    if connection.vendor != "postgresql":
        return None
    with tenant_scope(customer.tenant_id):
        Room.objects.bulk_create(Room(tenant_id=customer.tenant_id, customer_id=customer.pk) for _ in range(ENOUGH))
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE chat_room")
        for kind in ("seqscan", "sort", "incremental_sort"):  # on a few rows they cost less than an index
            cursor.execute(f"SET LOCAL enable_{kind} = off")
    return rooms.explain()

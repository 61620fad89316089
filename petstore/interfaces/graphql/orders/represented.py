"""Orders of an earlier moment: as an answer that was stored, or an event, tells them (contract, Order)."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from orders.queries import OrderRow
from tenants.scoping import current_tenant_id


def read_represented_order(body: Mapping[str, Any], version: int) -> OrderRow:
    """Return the row of an order of the open tenant as REST's JSON tells it."""
    return OrderRow(
        id=UUID(body["id"]),
        pet_id=UUID(body["petId"]),
        user_id=UUID(body["userId"]) if body["userId"] else None,
        status=body["status"],
        total_amount=Decimal(body["totalAmount"]),
        currency=body["currency"],
        created_at=datetime.fromisoformat(body["createdAt"]),
        updated_at=datetime.fromisoformat(body["updatedAt"]),
        tenant_id=current_tenant_id(),
        version=version,
    )

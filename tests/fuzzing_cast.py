"""Who calls in a fuzz run, and the rows that their calls are about."""

from dataclasses import dataclass
from typing import Any

from events.queries import scoped_audit_events
from kernel.actor import SYSTEM, Role
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import CustomerFactory, OrderFactory, PetFactory, StaffFactory, TenantFactory
from tests.fuzzing import Caller
from tests.minting import tokens_for
from tests.payments.paying import pay
from webhooks.services.endpoints import create_endpoint
from webhooks.services.redelivery import send_test_delivery

URL = "https://shop.example/hooks"
FACTORIES = {Role.CUSTOMER: CustomerFactory, Role.STAFF: StaffFactory}


@dataclass(frozen=True, slots=True)
class Stage:
    """A caller, and the ids of what there is in their store."""

    caller: Caller
    rows: dict[str, list[str]]


def nobody() -> Stage:
    """Somebody without a token, who names any tenant or none."""
    return Stage(Caller({}), _rows(None))


def member(role: Role) -> Stage:
    """Somebody with this role in a members-only store."""
    store: Tenant = TenantFactory.create()
    user = FACTORIES[role].create(tenant=store)
    with tenant_scope(store.id):
        token = tokens_for(user).token
    headers = {"Authorization": f"Bearer {token}", "X-Tenant-ID": str(store.id)}
    return Stage(Caller(headers, str(user.id)), _rows(store, user))


def _rows(store: Tenant | None, customer: Any = None) -> dict[str, list[str]]:
    orders = [OrderFactory.create(tenant=store, customer=customer) for _ in range(4)]
    pets = PetFactory.create_batch(20, tenant=store)
    users = CustomerFactory.create_batch(3, tenant=store)
    receipts = [pay(OrderFactory.create(tenant=store, customer=customer)) for _ in range(2)]
    with tenant_scope(orders[0].tenant_id):
        entries = list(scoped_audit_events()[:4])
        webhooks = [create_endpoint(url=URL, events=EventType.values, actor=SYSTEM) for _ in range(8)]
        deliveries = [send_test_delivery(endpoint_id=webhooks[0].id, actor=SYSTEM) for _ in range(4)]
    found: dict[str, list[Any]] = {"orders": orders, "pets": pets, "users": users, "audit-logs": entries}
    found |= {"receipts": receipts, "webhooks": webhooks, "deliveries": deliveries}
    return {name: [str(row.pk) for row in rows] for name, rows in found.items()}

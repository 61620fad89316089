"""Orders brought to where a test wants them, along the road that every order takes."""

from django.db import connection
from django.db.migrations.state import ProjectState

from kernel.actor import SYSTEM
from orders.models import Order
from orders.services.transitions import transition_order
from orders.states import Command, Status
from tenants.migration_operations import ForbidWhen
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory

_NO_HISTORY = ProjectState().apps
ROADS: dict[Status, tuple[Command, ...]] = {
    Status.PLACED: (),
    Status.APPROVED: (Command.APPROVE,),
    Status.SHIPPED: (Command.APPROVE, Command.SHIP),
    Status.DELIVERED: (Command.APPROVE, Command.SHIP, Command.DELIVER),
    Status.CANCELLED: (Command.CANCEL,),
}


def order_in(status: Status, *, tenant: Tenant | None = None, **values: object) -> Order:
    """A new order that stands in this status."""
    order: Order = OrderFactory.create(tenant=tenant, **values)
    with tenant_scope(order.tenant_id):
        for command in ROADS[status]:
            order = transition_order(order_id=order.id, command=command, actor=SYSTEM)
        stored: Order = Order.objects.select_related("pet").get(pk=order.pk)
    return stored


def close_table(table: str) -> None:
    """From now on, and until the test's transaction is rolled back, the database takes no row in this table."""
    ForbidWhen(table, "closed", "INSERT", "TRUE").code(_NO_HISTORY, connection.schema_editor())

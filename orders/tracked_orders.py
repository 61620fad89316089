"""Follow an order by its signed link (contract, Tracking): the link alone gives access, and to its progress only."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from kernel.actor import SYSTEM
from orders.errors import OrderNotFound
from orders.queries import get_order, list_transitions_of_orders
from orders.states import Status
from orders.tracking_links import find_tenant_of_tracking_link
from tenants.errors import TenantSuspended
from tenants.models import Tenant
from tenants.scoping import tenant_scope

_PATH: Final[tuple[Status, ...]] = (Status.PLACED, Status.APPROVED, Status.SHIPPED, Status.DELIVERED)
"""The way of an order that is not cancelled."""


@dataclass(frozen=True, slots=True)
class TrackedStep:
    """A step on an order's way.

    Attributes:
        at: when it was taken; None where it was not.
        is_current: the order is there now.
    """

    status: Status
    at: datetime | None
    is_current: bool

    @property
    def is_reached(self) -> bool:
        return self.at is not None

    @property
    def name(self) -> str:
        """Return the word for it, such as `Placed`."""
        return self.status.capitalize()


@dataclass(frozen=True, slots=True)
class TrackedOrder:
    """An order as its link shows it: nothing that names a person, no sum and no reason.

    Attributes:
        tenant: the seller.
        steps: all that an order takes; of a CANCELLED one those that it took, and its end.
    """

    id: UUID
    pet_name: str
    tenant: Tenant
    steps: tuple[TrackedStep, ...]

    @property
    def status(self) -> Status:
        """Return where the order is now."""
        return next(step.status for step in self.steps if step.is_current)


@contextmanager
def open_tracked_tenant(order_id: UUID, key: str) -> Iterator[Tenant]:
    """Open the scope of the tenant whose order a link follows.

    Raises:
        OrderNotFound: the key is not that of this order.
        TenantSuspended: the store is closed for now.
    """
    tenant_id = find_tenant_of_tracking_link(order_id, key)
    tenant = Tenant.objects.filter(pk=tenant_id).first() if tenant_id else None
    if tenant is None:
        raise OrderNotFound
    if tenant.is_suspended:
        raise TenantSuspended
    with tenant_scope(tenant.id):
        yield tenant


def get_tracked_order(order_id: UUID, key: str) -> TrackedOrder:
    """Return the order behind a link; raises what `open_tracked_tenant` raises, and OrderNotFound."""
    with open_tracked_tenant(order_id, key) as tenant:
        order = get_order(order_id, actor=SYSTEM)
        pet_name = order.pet.name
        taken = {Status(step.to_status): step.at for step in list_transitions_of_orders([order.id])}
        return TrackedOrder(order.id, pet_name, tenant, _list_tracked_steps(taken))


def _list_tracked_steps(taken: Mapping[Status, datetime]) -> tuple[TrackedStep, ...]:
    """Return the steps of an order.

    Args:
        taken: the times of the steps that it took, first to last.
    """
    current, path = list(taken)[-1], _PATH
    if current is Status.CANCELLED:
        path = (*(status for status in _PATH if status in taken), Status.CANCELLED)
    return tuple(TrackedStep(status, taken.get(status), is_current=status is current) for status in path)

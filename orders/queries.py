"""Reads of orders for interfaces, with the rule of who may see which (contract, Who may do what)."""

from collections.abc import Collection
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import QuerySet, Sum

from database import compiled_query
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Role
from kernel.errors import LoginRequired
from orders.errors import NotYourOrder, OrderNotFound
from orders.models import DailyOrderTotals, Order, OrderCount, OrderQuerySet, OrderTransition
from orders.states import Status
from tenants.scoping import TenantQuerySet, all_tenants


@requires_access(TokenScope.READ_ORDERS, is_token_optional=True)
def get_order(order_id: UUID, *, actor: Actor) -> Order:
    """Return an order of the scope, if the actor may see it.

    Raises:
        OrderNotFound: it is not in this scope.
        LoginRequired: it is a user's, and nobody is logged in.
        NotYourOrder: it is another customer's.
    """
    order = _order_by_id(order_id).first()
    if order is None:
        raise OrderNotFound
    require_order_access(order.user_id, actor=actor)
    return order


@compiled_query
def _order_by_id(order_id: UUID) -> QuerySet[Any, Order]:
    return Order.objects.filter(pk=order_id)


def require_order_access(customer_id: UUID | None, *, actor: Actor) -> None:
    """Refuse an order of `customer_id` to anyone but that customer and staff; anonymous orders are open to all who
    know their id."""
    if customer_id is None or actor.is_staff or customer_id == actor.user_id:
        return
    raise NotYourOrder if actor.is_authenticated else LoginRequired


@requires_access(TokenScope.READ_ORDERS)
def list_orders(actor: Actor) -> OrderQuerySet:
    """Return the orders that the actor may list, newest first: their own, or all of the scope for staff.

    Raises:
        LoginRequired: nobody is logged in.
    """
    actor.require_login()
    orders: OrderQuerySet = Order.objects.newest_first()
    if actor.is_staff or actor.user_id is None:
        return orders
    return orders.for_customer(actor.user_id)


@requires_access(TokenScope.READ_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def list_store_orders(actor: Actor) -> OrderQuerySet:
    """Return all orders of the scope, newest first, for its staff.

    Raises:
        LoginRequired, Forbidden
    """
    actor.require_staff()
    return list_orders(actor)


class OrderRow(NamedTuple):
    """The columns of an order in a list; cheaper than a model."""

    id: UUID
    pet_id: UUID
    user_id: UUID | None
    status: str
    total_amount: Decimal
    currency: str
    created_at: datetime
    updated_at: datetime
    tenant_id: UUID
    version: int


def fetch_newest_orders(actor: Actor, *, limit: int) -> list[OrderRow]:
    """Return the first orders of `list_orders`, without making models of them; raises what it raises."""
    actor.require_login()
    if actor.is_staff or actor.user_id is None:
        return list(map(OrderRow._make, _newest_store_orders(limit=limit)))
    return list(map(OrderRow._make, _newest_own_orders(actor.user_id, limit=limit)))


def count_listed_orders(actor: Actor, *, up_to: int) -> int:
    """Count the orders of `list_orders`: all of them for staff, up to a number for a customer."""
    actor.require_login()
    if actor.is_staff or actor.user_id is None:
        return sum(number for _, number in _order_count_of_tenant())
    return _own_order_ids(actor.user_id, limit=up_to).count()


def select_order_rows(*, user_id: UUID | None = None) -> QuerySet[Any, tuple[Any, ...]]:
    """Select the rows of OrderRow of the scope, or those of a customer, in no order."""
    orders = Order.objects.all() if user_id is None else Order.objects.for_customer(user_id)
    return orders.order_by().values_list(*OrderRow._fields)


@compiled_query
def _newest_store_orders(*, limit: int) -> QuerySet[Any, tuple[Any, ...]]:
    return Order.objects.newest_first().values_list(*OrderRow._fields)[:limit]


@compiled_query
def _newest_own_orders(user_id: UUID, *, limit: int) -> QuerySet[Any, tuple[Any, ...]]:
    return Order.objects.for_customer(user_id).newest_first().values_list(*OrderRow._fields)[:limit]


@compiled_query
def _own_order_ids(user_id: UUID, *, limit: int) -> QuerySet[Any, tuple[UUID]]:
    return Order.objects.for_customer(user_id).order_by().values_list("id")[:limit]


@compiled_query
def _order_count_of_tenant() -> QuerySet[Any, tuple[UUID, int]]:
    return OrderCount.objects.order_by().values_list("tenant_id").annotate(orders=Sum("counted"))


@requires_access(TokenScope.READ_ORDERS, is_token_optional=True)
def list_order_transitions(order_id: UUID, *, actor: Actor) -> list[OrderTransition]:
    """Return the transitions of an order, first to last; raises what `get_order` raises."""
    get_order(order_id, actor=actor)
    return list(_transitions_of_order(order_id))


@compiled_query
def _transitions_of_order(order_id: UUID) -> QuerySet[Any, OrderTransition]:
    return OrderTransition.objects.filter(order_id=order_id).order_by("pk")


def list_transitions_of_orders(order_ids: Collection[UUID]) -> TenantQuerySet[OrderTransition]:
    """Return the transitions of orders that the caller was shown already, of each of them first to last."""
    steps: TenantQuerySet[OrderTransition] = OrderTransition.objects.filter(order_id__in=order_ids).order_by("pk")
    return steps


def find_tenant_of_order(order_id: UUID) -> UUID:
    """Return the tenant of an order, for operators who know only its id; raises OrderNotFound."""
    with all_tenants(reason="an operator names an order by its id alone"):
        tenant_id: UUID | None = Order.objects.filter(pk=order_id).values_list("tenant_id", flat=True).first()
    if tenant_id is None:
        raise OrderNotFound
    return tenant_id


def list_longest_waiting_orders(limit: int) -> list[Order]:
    """Return the PLACED orders of the scope, the oldest first, with pet and customer.

    The daily totals say on which days to look, for no index has the oldest orders of several tenants.
    """
    waiting = DailyOrderTotals.objects.filter(status=Status.PLACED).values_list("day").annotate(number=Sum("orders"))
    days = [day for day, _ in waiting.filter(number__gt=0).order_by("day")[:limit]]
    if not days:
        return []
    first, last = (datetime.combine(day, time(), UTC) for day in (days[0], days[-1]))
    orders = Order.objects.unpaid().filter(created_at__gte=first, created_at__lt=last + timedelta(days=1))
    return list(orders.order_by("created_at", "id").select_related("pet", "user", "tenant")[:limit])

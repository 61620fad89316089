"""Reads of orders for the edges, with the rule of who may see what (contract, Who may do what)."""

from uuid import UUID

from kernel.actor import Actor
from kernel.errors import LoginRequired
from orders.errors import NotYourOrder, OrderNotFound
from orders.models import Order, OrderQuerySet, OrderTransition
from tenants.scoping import TenantQuerySet


def order_for(order_id: UUID, *, actor: Actor) -> Order:
    """One order of the scope, if the actor may see it.

    Raises:
        OrderNotFound: it is not in this scope.
        LoginRequired: it is a user's, and nobody is logged in.
        NotYourOrder: it is another customer's.
    """
    order: Order | None = Order.objects.filter(pk=order_id).first()
    if order is None:
        raise OrderNotFound
    require_access(order.user_id, actor=actor)
    return order


def require_access(customer_id: UUID | None, *, actor: Actor) -> None:
    """Refuse an order of `customer_id` to whoever is neither that customer nor staff; anonymous orders are
    open to whoever knows their id."""
    if customer_id is None or actor.is_staff or customer_id == actor.user_id:
        return
    raise NotYourOrder if actor.is_authenticated else LoginRequired


def orders_for(actor: Actor) -> OrderQuerySet:
    """The orders that the actor may list, newest first: one's own, or all of the scope for staff.

    Raises:
        LoginRequired: nobody is logged in.
    """
    actor.require_login()
    orders: OrderQuerySet = Order.objects.newest_first()
    if actor.is_staff or actor.user_id is None:
        return orders
    return orders.for_customer(actor.user_id)


def history_for(order_id: UUID, *, actor: Actor) -> TenantQuerySet[OrderTransition]:
    """The transitions of one order, first to last; raises what `order_for` raises."""
    order = order_for(order_id, actor=actor)
    history: TenantQuerySet[OrderTransition] = OrderTransition.objects.filter(order=order).order_by("pk")
    return history

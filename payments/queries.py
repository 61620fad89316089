"""Reads of payments for the edges; who may see an order may see its payments (contract, Who may do what)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import OuterRef, Subquery

from events.models import AuditEvent, EntityType
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor
from orders.models import Order, OrderQuerySet
from orders.queries import order_for, require_access
from payments.errors import PaymentNotFound, ReceiptNotFound
from payments.models import Payment, PaymentQuerySet
from tenants.scoping import TenantQuerySet


@dataclass(frozen=True, slots=True)
class Receipt:
    """That an order was paid.

    Attributes:
        id: the payment's.
        payment: SUCCEEDED, or REFUNDED since.
        order: with its pet.
    """

    id: UUID
    generated_at: datetime
    payment: Payment
    order: Order


@requires_access(TokenScope.READ_ORDERS, is_token_optional=True)
def list_order_payments(order_id: UUID, *, actor: Actor) -> PaymentQuerySet:
    """The payments of one order, oldest first; raises what `order_for` raises."""
    order = order_for(order_id, actor=actor)
    payments: PaymentQuerySet = Payment.objects.filter(order_id=order.id).order_by("created_at", "id")
    return payments


def filter_paid_orders(orders: OrderQuerySet) -> OrderQuerySet:
    """Narrow orders to those that a payment covers."""
    return orders.alias(covered_by=_covering_payment_id()).filter(covered_by__isnull=False)


def filter_unpaid_orders(orders: OrderQuerySet) -> OrderQuerySet:
    """Narrow orders to those that no payment covers."""
    return orders.alias(covered_by=_covering_payment_id()).filter(covered_by__isnull=True)


def find_unpaid_orders(order_ids: Collection[UUID]) -> set[UUID]:
    """Return those of these orders of the scope that no payment covers."""
    return set(filter_unpaid_orders(Order.objects.order_by().filter(pk__in=order_ids)).values_list("pk", flat=True))


def _covering_payment_id() -> Subquery:
    """The id of the payment that covers the order of the outer query: one of its total that went through and is kept.

    For EXISTS, PostgreSQL would read all payments of a large store; for this it looks up the order's own.
    """
    covering = Payment.objects.kept().filter(
        tenant_id=OuterRef("tenant_id"),
        order_id=OuterRef("pk"),
        amount__gte=OuterRef("total_amount"),
        currency=OuterRef("currency"),
    )
    return Subquery(covering.order_by().values("pk")[:1])


def get_payment(payment_id: UUID, *, actor: Actor) -> Payment:
    """One payment of the scope, with its order and pet, if the actor may see them.

    Raises:
        PaymentNotFound: it is not in this scope.
        LoginRequired, NotYourOrder: as for its order.
    """
    payment: Payment | None = Payment.objects.select_related("order__pet").filter(pk=payment_id).first()
    if payment is None:
        raise PaymentNotFound
    require_access(payment.order.user_id, actor=actor)
    return payment


@requires_access(TokenScope.READ_ORDERS, is_token_optional=True)
def get_receipt(receipt_id: UUID, *, actor: Actor) -> Receipt:
    """The receipt of a payment that went through.

    Raises:
        ReceiptNotFound: there is no such payment in this scope, or it did not go through.
        LoginRequired, NotYourOrder: as for its order.
    """
    try:
        payment = get_payment(receipt_id, actor=actor)
    except PaymentNotFound as error:
        raise ReceiptNotFound from error
    if not payment.has_receipt or payment.settled_at is None:
        raise ReceiptNotFound
    return Receipt(payment.id, payment.settled_at, payment, payment.order)


def list_order_events(order_id: UUID) -> TenantQuerySet[AuditEvent]:
    """The journal's sealed entries about an order of the scope and its payments, by their positions.

    What is sealed has its place for good, whatever the clocks of those who wrote it: nothing ever comes before it.
    """
    return _filter_events_of_orders([order_id]).filter(chain_link__isnull=False).order_by("chain_link__position")


def find_orders_with_new_events(order_ids: Collection[UUID], *, after: int, up_to: int) -> set[UUID]:
    """Those of these orders of the scope about which, or about whose payments, something was sealed there."""
    news = _filter_events_of_orders(order_ids).filter(chain_link__position__gt=after, chain_link__position__lte=up_to)
    return {UUID(details["order"]["id"]) for details in news.order_by().values_list("details", flat=True)}


def _filter_events_of_orders(order_ids: Collection[UUID]) -> TenantQuerySet[AuditEvent]:
    """The payments are read first: joined or nested, they would keep the database from its index of events."""
    payment_ids = Payment.objects.filter(order_id__in=order_ids).values_list("pk", flat=True)
    events: TenantQuerySet[AuditEvent] = AuditEvent.objects.filter(
        entity_type__in=(EntityType.ORDERS, EntityType.PAYMENTS), entity_id__in=(*order_ids, *payment_ids)
    )
    return events

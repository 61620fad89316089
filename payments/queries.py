"""Reads of payments for the interfaces: whoever may see an order may see its payments (contract, Who may do what)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import OuterRef, QuerySet, Subquery

from events.models import AuditEvent, EntityType
from kernel import ids
from kernel.access import TokenScope, requires_access
from kernel.actor import SYSTEM, Actor
from orders.models import Order, OrderQuerySet
from orders.queries import get_order, require_order_access
from orders.receipt_links import find_tenant_of_link
from payments.errors import PaymentNotFound, ReceiptNotFound
from payments.models import Payment, PaymentQuerySet
from tenants.errors import TenantSuspended
from tenants.models import Tenant
from tenants.scoping import TenantQuerySet, tenant_scope


@dataclass(frozen=True, slots=True)
class Receipt:
    """Proof that an order was paid (contract, Payments).

    Attributes:
        id: the payment's id.
        payment: the payment, SUCCEEDED or REFUNDED since.
        order: the order, with its pet.
    """

    id: UUID
    generated_at: datetime
    payment: Payment
    order: Order


@requires_access(TokenScope.READ_ORDERS, is_token_optional=True)
def list_order_payments(order_id: UUID, *, actor: Actor) -> PaymentQuerySet:
    """Return the payments of an order, oldest first.

    Raises:
        OrderNotFound, LoginRequired, NotYourOrder
    """
    order = get_order(order_id, actor=actor)
    payments: PaymentQuerySet = Payment.objects.filter(order_id=order.id).order_by("created_at", "id")
    return payments


class PaymentRow(NamedTuple):
    """The columns of a payment in a list; cheaper than a model."""

    id: UUID
    amount: Decimal
    currency: str
    source: dict[str, Any]
    status: str
    created_at: datetime


def select_payment_rows(*, order_id: UUID) -> QuerySet[Any, tuple[Any, ...]]:
    """Select the rows of PaymentRow of an order that the caller was shown already, in no order."""
    return Payment.objects.filter(order_id=order_id).order_by().values_list(*PaymentRow._fields)


def list_payments_of_orders(order_ids: Collection[UUID]) -> PaymentQuerySet:
    """Return the payments of orders that the caller was shown already, of each of them oldest first."""
    payments: PaymentQuerySet = Payment.objects.filter(order_id__in=order_ids).order_by("created_at", "id")
    return payments


def filter_paid_orders(orders: OrderQuerySet) -> OrderQuerySet:
    """Keep the orders that a payment covers."""
    return orders.alias(covered_by=_covering_payment_id()).filter(covered_by__isnull=False)


def filter_unpaid_orders(orders: OrderQuerySet) -> OrderQuerySet:
    """Keep the orders that no payment covers."""
    return orders.alias(covered_by=_covering_payment_id()).filter(covered_by__isnull=True)


def find_unpaid_orders(order_ids: Collection[UUID]) -> set[UUID]:
    """Return the ids of those orders that no payment covers."""
    return set(filter_unpaid_orders(Order.objects.order_by().filter(pk__in=order_ids)).values_list("pk", flat=True))


def _covering_payment_id() -> Subquery:
    """Build a subquery for the payment that covers the outer order: of its total, SUCCEEDED and not to be refunded.

    With EXISTS, PostgreSQL would read all payments of a large store; with this it looks up those of the order.
    """
    covering = Payment.objects.kept().filter(
        tenant_id=OuterRef("tenant_id"),
        order_id=OuterRef("pk"),
        amount__gte=OuterRef("total_amount"),
        currency=OuterRef("currency"),
    )
    return Subquery(covering.order_by().values("pk")[:1])


def get_payment(payment_id: UUID, *, actor: Actor) -> Payment:
    """Return a payment of the scope, with its order and pet.

    Raises:
        PaymentNotFound: it is not in this scope.
        LoginRequired, NotYourOrder: as for its order.
    """
    payment: Payment | None = Payment.objects.select_related("order__pet").filter(pk=payment_id).first()
    if payment is None:
        raise PaymentNotFound
    require_order_access(payment.order.user_id, actor=actor)
    return payment


@requires_access(TokenScope.READ_ORDERS, is_token_optional=True)
def get_receipt(receipt_id: UUID, *, actor: Actor) -> Receipt:
    """Return the receipt of a payment that went through.

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


def get_receipt_by_link(receipt_id: UUID, key: str) -> tuple[Receipt, Tenant]:
    """Return the receipt behind a secret link, and the tenant that sold; the link alone gives access.

    Raises:
        ReceiptNotFound: the key is not that of this receipt, or there is no such receipt.
        TenantSuspended: the store is closed for now.
    """
    tenant_id = find_tenant_of_link(receipt_id, key)
    tenant = Tenant.objects.filter(pk=tenant_id).first() if tenant_id else None
    if tenant is None:
        raise ReceiptNotFound
    if tenant.is_suspended:
        raise TenantSuspended
    with tenant_scope(tenant.id):
        return get_receipt(receipt_id, actor=SYSTEM), tenant


def list_order_events(order_id: UUID) -> TenantQuerySet[AuditEvent]:
    """Return the chained audit events of an order of the scope and its payments, by their position in the hash chain.

    A position is final: an event that is chained later always comes after, whatever the clocks say.
    """
    return _filter_events_of_orders([order_id]).filter(chain_link__isnull=False).order_by("chain_link__position")


def find_orders_with_new_events(order_ids: Collection[UUID], *, after: int, up_to: int) -> set[UUID]:
    """Return those orders that have chained events of their own or of their payments between two positions.

    Args:
        after: the first position to look at is the next one.
        up_to: the last position to look at.
    """
    news = _filter_events_of_orders(order_ids).filter(chain_link__position__gt=after, chain_link__position__lte=up_to)
    return {UUID(details["order"]["id"]) for details in news.order_by().values_list("details", flat=True)}


def _filter_events_of_orders(order_ids: Collection[UUID]) -> TenantQuerySet[AuditEvent]:
    """Select the audit events of orders and their payments.

    The payments are read first: a join or subquery would keep the database from using its index of events.
    Partitions of the journal of before the orders are not looked at.
    """
    payment_ids = Payment.objects.filter(order_id__in=order_ids).values_list("pk", flat=True)
    events: TenantQuerySet[AuditEvent] = AuditEvent.objects.filter(
        entity_type__in=(EntityType.ORDERS, EntityType.PAYMENTS),
        entity_id__in=(*order_ids, *payment_ids),
        id__gte=ids.find_first_id_since(order_ids),
    )
    return events

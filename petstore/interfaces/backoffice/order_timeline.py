"""The context of an order's page: payments, history, webhook deliveries and audit events."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from accounts.queries import usernames_by_id
from events.models import AuditEvent, EntityType
from events.queries import list_latest_written_about
from kernel import ids
from kernel.actor import Actor, Permission
from orders.models import Order, OrderTransition
from orders.queries import list_order_transitions
from payments.models import Payment
from payments.queries import list_order_payments
from petstore.interfaces.backoffice.deliveries import STATUS_COLOURS as DELIVERY_COLOURS
from petstore.interfaces.backoffice.payments import STATUS_COLOURS as PAYMENT_COLOURS
from petstore.interfaces.backoffice.payments import may_refund_payment, source_in_words
from webhooks.models import Attempt, Delivery
from webhooks.queries import list_deliveries_about

JOURNAL_ROWS = 50
PAYMENT_ROWS = DELIVERY_ROWS = 30
"""The newest ones; a link leads to the list of all."""


@dataclass(frozen=True, slots=True)
class PaymentLine:
    """A payment on the order's page."""

    row: Payment
    source: str
    colour: str
    may_refund: bool


@dataclass(frozen=True, slots=True)
class DeliveryLine:
    """A webhook delivery about the order, with its last attempt."""

    row: Delivery
    last: Attempt | None
    colour: str
    may_redeliver: bool


def build_order_timeline(order: Order, actor: Actor) -> dict[str, Any]:
    """Return the context of the order's page, in a fixed number of queries; the order's tenant is in scope."""
    transitions = list(list_order_transitions(order.pk, actor=actor))
    payments = list(list_order_payments(order.pk, actor=actor).reverse()[:PAYMENT_ROWS])
    deliveries = list(list_deliveries_about(order.pk).reverse().prefetch_related("attempts")[:DELIVERY_ROWS])
    about = (order.pk, *(payment.pk for payment in payments))
    audit_events = list(list_latest_written_about((EntityType.ORDERS, EntityType.PAYMENTS), about)[:JOURNAL_ROWS])
    return {
        "transitions": transitions,
        "payments": [_build_payment_line(payment, order, actor) for payment in payments],
        "deliveries": [_build_delivery_line(delivery, actor) for delivery in deliveries],
        "audit_events": audit_events,
    }


def name_timeline_actors(transitions: list[OrderTransition], audit_events: list[AuditEvent]) -> dict[str, Any]:
    """Return history and journal with usernames; the people may belong to any tenant of the scope."""
    acting = {_acting_user_id(step) for step in transitions} | {event.actor_id for event in audit_events}
    names = usernames_by_id(acting)
    return {
        "history": [(step, names.get(_acting_user_id(step), step.by)) for step in transitions],
        "journal": [(event, names.get(event.actor_id, event.actor_id)) for event in audit_events],
    }


def _build_payment_line(payment: Payment, order: Order, actor: Actor) -> PaymentLine:
    colour = PAYMENT_COLOURS.get(payment.status, "")
    return PaymentLine(payment, source_in_words(payment.source), colour, may_refund_payment(payment, order, actor))


def _build_delivery_line(delivery: Delivery, actor: Actor) -> DeliveryLine:
    attempts = list(delivery.attempts.all())
    colour = DELIVERY_COLOURS[delivery.status]
    may_redeliver = delivery.is_redeliverable and actor.has_permission(Permission.CHANGE_WEBHOOKS)
    return DeliveryLine(delivery, attempts[-1] if attempts else None, colour, may_redeliver)


def _acting_user_id(step: OrderTransition) -> UUID | None:
    return ids.parse_id(step.by)

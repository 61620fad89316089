"""Order transitions together with their payments and refunds. Every interface moves orders through here."""

from typing import Final
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission, Role
from kernel.errors import StaleVersion
from orders import states
from orders.models import Order
from orders.queries import get_order
from orders.services import transitions
from orders.states import TRANSITIONS, Command, Status
from payments.errors import PaymentNotRefundable, PaymentUnderWay, UnpaidOrderNeedsReason
from payments.history import record_payment_event
from payments.models import Payment
from payments.queries import find_unpaid_orders, get_payment
from payments.services.persistence import update_payment
from payments.services.refunds import attempt_refund, request_refund

FULFILLING: Final = (Command.APPROVE, Command.SHIP, Command.DELIVER)
"""Commands that need a payment or a reason."""


@requires_access(TokenScope.WRITE_ORDERS, least_role=Role.STAFF, is_closed_to_applications=True)
def transition_order(  # noqa: PLR0913  # the parts of a step
    *,
    order_id: UUID,
    command: Command,
    actor: Actor,
    reason: str = "",
    expected_version: int | None = None,
    allows_unexplained: bool = False,
) -> Order:
    """Move an order one step along the state table (contract, Orders); the pet and the payment follow.

    A cancellation makes an open payment CANCELLED and requests the refund of a SUCCEEDED one. The gateway is asked
    after the commit; if it does not answer, the order is cancelled all the same and the worker refunds later.

    Args:
        reason: for the history; required to approve, ship or deliver an order that no payment covers.
        expected_version: the order's version that the caller saw, from If-Match.
        allows_unexplained: True for programs, which cannot be asked for a reason.

    Raises:
        UnpaidOrderNeedsReason: no payment covers the order, and there is no reason.
        FreshProofRequired: a forced cancellation needs a password given lately.
        OrderNotFound, NotYourOrder, LoginRequired, Forbidden, IllegalTransition, StaleVersion
    """
    if command is Command.FORCE_CANCEL and actor.is_admin:
        actor.require_fresh_proof(clock.now())
    if command in FULFILLING and not (allows_unexplained or reason.strip()):
        _require_payment_or_reason(order_id, command, actor)
    change_order = _cancel_order if TRANSITIONS[command].target is Status.CANCELLED else transitions.transition_order
    return change_order(
        order_id=order_id, command=command, actor=actor, reason=reason, expected_version=expected_version
    )


@requires_access(TokenScope.WRITE_ORDERS, is_token_optional=True)
def cancel_order(*, order_id: UUID, actor: Actor, reason: str = "", expected_version: int | None = None) -> Order:
    """Cancel a PLACED or APPROVED order; see `transition_order`."""
    return transition_order(
        order_id=order_id, command=Command.CANCEL, actor=actor, reason=reason, expected_version=expected_version
    )


@requires_access(TokenScope.WRITE_ORDERS, least_role=Role.ADMIN, is_closed_to_applications=True)
def force_cancel_order(*, order_id: UUID, actor: Actor, reason: str) -> Order:
    """Cancel an order in any state, for admins with a fresh proof; see `transition_order`."""
    return transition_order(order_id=order_id, command=Command.FORCE_CANCEL, actor=actor, reason=reason)


def cancel_unpaid_order(
    *, order_id: UUID, actor: Actor, reason: str = "", expected_version: int | None = None
) -> Order:
    """Cancel an order without an open payment.

    Raises:
        PaymentUnderWay: the order is being paid.
        StaleVersion, IllegalTransition and others: as `transition_order`.
    """
    return _cancel_order(
        order_id=order_id,
        command=Command.CANCEL,
        actor=actor,
        reason=reason,
        expected_version=expected_version,
        spares_open_payment=True,
    )


def refund_payment(*, payment_id: UUID, actor: Actor, reason: str = "", expected_version: int | None = None) -> Payment:
    """Refund a payment by cancelling its order; a SHIPPED or DELIVERED order takes an admin.

    Args:
        expected_version: the payment's version that the caller saw.

    Raises:
        PaymentNotFound, LoginRequired, Forbidden, FreshProofRequired, StaleVersion
        PaymentNotRefundable: it is not SUCCEEDED, or its refund is requested already.
        IllegalTransition: the order cannot be cancelled any more.
    """
    actor.require_permission(Permission.CHANGE_ORDERS)
    actor.require_fresh_proof(clock.now())
    payment = get_payment(payment_id, actor=actor)
    if payment.status != Payment.Status.SUCCEEDED or payment.is_refund_under_way:
        raise PaymentNotRefundable
    is_early = payment.order.status in TRANSITIONS[Command.CANCEL].sources
    command = Command.CANCEL if is_early else Command.FORCE_CANCEL
    _cancel_order(
        order_id=payment.order_id, command=command, actor=actor, reason=reason, payment_version=expected_version
    )
    return get_payment(payment_id, actor=actor)


def _require_payment_or_reason(order_id: UUID, command: Command, actor: Actor) -> None:
    """Raise UnpaidOrderNeedsReason if the actor may take the step and no payment covers the order."""
    order = get_order(order_id, actor=actor)
    if command in states.offered_commands(order.status, actor) and find_unpaid_orders([order_id]):
        raise UnpaidOrderNeedsReason


def _cancel_order(  # noqa: PLR0913  # the parts of a step
    *,
    order_id: UUID,
    command: Command,
    actor: Actor,
    reason: str,
    expected_version: int | None = None,
    payment_version: int | None = None,
    spares_open_payment: bool = False,
) -> Order:
    """Cancel an order and release its payment in one transaction, then ask the gateway for the refund.

    Args:
        expected_version: the order's version that the caller saw.
        payment_version: the payment's version that the caller saw.
        spares_open_payment: raise PaymentUnderWay rather than cancel a payment that may still go through.
    """
    with transaction.atomic(durable=True):
        order = transitions.transition_order(
            order_id=order_id, command=command, actor=actor, reason=reason, expected_version=expected_version
        )
        payment: Payment | None = Payment.objects.live().select_for_update().filter(order_id=order.id).first()
        if payment is not None:
            if payment_version is not None and payment.version != payment_version:
                raise StaleVersion
            if spares_open_payment and payment.status in Payment.OPEN:
                raise PaymentUnderWay
            _release_payment(payment, order, actor)
    if payment is not None and payment.is_refund_under_way:
        attempt_refund(payment, actor=actor)
    return order


def _release_payment(payment: Payment, order: Order, actor: Actor) -> None:
    """Request the refund of a SUCCEEDED payment, or make an open one CANCELLED; call it in the transaction.

    A CANCELLED payment stays due: the gateway is asked, and a charge that turns up is refunded.
    """
    at = clock.now()
    if payment.status == Payment.Status.SUCCEEDED:
        request_refund(payment, at)
        return
    previous = update_payment(payment, at, status=Payment.Status.CANCELLED, settled_at=at)
    record_payment_event(payment, previous=previous, order=order, actor=actor, at=at)

"""Moving an order along the state table, and the money with it. Every edge moves orders through here."""

from collections.abc import Callable
from functools import partial
from typing import Final
from uuid import UUID

from django.db import transaction

from kernel import clock
from kernel.access import TokenScope, requires_access
from kernel.actor import Actor, Permission, Role
from kernel.errors import StaleVersion
from orders import states
from orders.models import Order
from orders.queries import order_for
from orders.services import transitions
from orders.states import TABLE, Command, Status
from payments.errors import PaymentNotRefundable, PaymentUnderWay, UnpaidOrderNeedsReason
from payments.history import record_payment_event
from payments.models import Payment
from payments.queries import find_unpaid_orders, get_payment
from payments.services.persistence import update_payment
from payments.services.refunds import attempt_refund, request_refund

Step = Callable[[], Order]
FULFILLING: Final = (Command.APPROVE, Command.SHIP, Command.DELIVER)
"""Steps by which the store gives the pet away."""


@requires_access(TokenScope.WRITE_ORDERS, least_role=Role.STAFF)
def transition_order(  # noqa: PLR0913  # the parts of a step
    *,
    order_id: UUID,
    command: Command,
    actor: Actor,
    reason: str = "",
    expected_version: int | None = None,
    allows_unexplained: bool = False,
) -> Order:
    """Move an order one step along the state table; the pet and the money follow. A forced cancellation, which takes
    back what has left the house, wants a fresh proof.

    With its order an open payment is CANCELLED, and a succeeded one refunded; a gateway that does not answer
    keeps nobody from cancelling, the sweep refunds later.

    Args:
        reason: for the history. An order that no payment covers is approved, shipped and delivered with one only.
        allows_unexplained: that needs no reason; for programs, which nobody can ask.

    Raises:
        UnpaidOrderNeedsReason
        What `orders.services.transitions.transition_order` raises.
        FreshProofRequired
    """
    if command is Command.FORCE_CANCEL and actor.is_admin:
        actor.require_fresh_proof(clock.now())
    if command in FULFILLING and not (allows_unexplained or reason.strip()):
        _require_payment_or_reason(order_id, command, actor)
    step = partial(
        transitions.transition_order,
        order_id=order_id,
        command=command,
        actor=actor,
        reason=reason,
        expected_version=expected_version,
    )
    return _cancel_with_payment(step, actor) if TABLE[command].target is Status.CANCELLED else step()


@requires_access(TokenScope.WRITE_ORDERS, is_token_optional=True)
def cancel_order(*, order_id: UUID, actor: Actor, reason: str = "", expected_version: int | None = None) -> Order:
    """Cancel a PLACED or APPROVED order; see `transition_order`."""
    return transition_order(
        order_id=order_id, command=Command.CANCEL, actor=actor, reason=reason, expected_version=expected_version
    )


@requires_access(TokenScope.WRITE_ORDERS, least_role=Role.ADMIN)
def force_cancel_order(*, order_id: UUID, actor: Actor, reason: str) -> Order:
    """Cancel an order in any state, for admins with a fresh proof; see `transition_order`."""
    return transition_order(order_id=order_id, command=Command.FORCE_CANCEL, actor=actor, reason=reason)


def cancel_unpaid_order(
    *, order_id: UUID, actor: Actor, reason: str = "", expected_version: int | None = None
) -> Order:
    """The same for an order that nobody is paying; raises PaymentUnderWay where somebody is."""
    step = partial(
        transitions.transition_order,
        order_id=order_id,
        command=Command.CANCEL,
        actor=actor,
        reason=reason,
        expected_version=expected_version,
    )
    return _cancel_with_payment(step, actor, spares_payers=True)


def refund_payment(*, payment_id: UUID, actor: Actor, reason: str = "", expected_version: int | None = None) -> Payment:
    """Give the customer their money back, by cancelling the order; one that is SHIPPED or further takes an admin.

    Args:
        expected_version: the payment's, as the caller saw it.

    Raises:
        PaymentNotFound, LoginRequired, Forbidden, FreshProofRequired, StaleVersion
        PaymentNotRefundable: it is not SUCCEEDED, or the refund is under way already.
        IllegalTransition: the order cannot be cancelled any more.
    """
    actor.require_permission(Permission.CHANGE_ORDERS)
    actor.require_fresh_proof(clock.now())
    payment = get_payment(payment_id, actor=actor)
    if payment.status != Payment.Status.SUCCEEDED or payment.is_refund_under_way:
        raise PaymentNotRefundable
    is_early = payment.order.status in TABLE[Command.CANCEL].sources
    command = Command.CANCEL if is_early else Command.FORCE_CANCEL
    step = partial(transitions.transition_order, order_id=payment.order_id, command=command, actor=actor, reason=reason)
    _cancel_with_payment(step, actor, expected_version=expected_version)
    return get_payment(payment_id, actor=actor)


def _require_payment_or_reason(order_id: UUID, command: Command, actor: Actor) -> None:
    """Raise UnpaidOrderNeedsReason for a step that the table and the actor's role allow, but that nobody has paid."""
    order = order_for(order_id, actor=actor)
    if command in states.offered(order.status, actor) and find_unpaid_orders([order_id]):
        raise UnpaidOrderNeedsReason


def _cancel_with_payment(
    step: Step, actor: Actor, *, spares_payers: bool = False, expected_version: int | None = None
) -> Order:
    with transaction.atomic(durable=True):
        order = step()
        payment: Payment | None = Payment.objects.live().select_for_update().filter(order_id=order.id).first()
        if payment is not None:
            if expected_version is not None and payment.version != expected_version:
                raise StaleVersion
            if spares_payers and payment.status in Payment.OPEN:
                raise PaymentUnderWay
            _release_payment(payment, order, actor)
    if payment is not None and payment.is_refund_under_way:
        attempt_refund(payment, actor=actor)
    return order


def _release_payment(payment: Payment, order: Order, actor: Actor) -> None:
    """What becomes of the payment of an order that is cancelled in this transaction. An open one stays due: the
    gateway is asked, and a charge that turns up is refunded."""
    at = clock.now()
    if payment.status == Payment.Status.SUCCEEDED:
        request_refund(payment, at)
        return
    previous = update_payment(payment, at, status=Payment.Status.CANCELLED, settled_at=at)
    record_payment_event(payment, previous=previous, order=order, actor=actor, at=at)

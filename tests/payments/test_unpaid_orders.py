"""An order that no payment covers goes on with a reason only, but for programs, which nobody can ask."""

import pytest

from accounts.models import User
from kernel.errors import Forbidden, LoginRequired
from orders.errors import IllegalTransition
from orders.models import Order, OrderTransition
from orders.states import Command, Status
from payments.errors import UnpaidOrderNeedsReason
from payments.gateways.sandbox import DECLINED_CARD
from payments.queries import find_unpaid_orders
from payments.services.order_transitions import FULFILLING, cancel_order, transition_order
from tests.factories import OrderFactory, acting
from tests.orders.moving import order_in
from tests.payments.paying import pay, stored
from tests.snapshots import snapshot

pytestmark = pytest.mark.usefixtures("in_acme")

STARTS = {Command.APPROVE: Status.PLACED, Command.SHIP: Status.APPROVED, Command.DELIVER: Status.SHIPPED}


@pytest.mark.parametrize("command", FULFILLING)
@pytest.mark.parametrize("reason", ["", " \t"])
def test_an_unpaid_order_is_refused_without_a_reason(sam: User, command: Command, reason: str) -> None:
    order = order_in(STARTS[command], tenant=sam.tenant)
    before = snapshot()
    with pytest.raises(UnpaidOrderNeedsReason) as refused:
        transition_order(order_id=order.id, command=command, actor=acting(sam), reason=reason)
    assert refused.value.code == "unpaid_order_needs_reason"
    assert snapshot() == before


@pytest.mark.parametrize("command", FULFILLING)
def test_a_program_gives_none(sam: User, command: Command) -> None:
    order = order_in(STARTS[command], tenant=sam.tenant)
    moved = transition_order(order_id=order.id, command=command, actor=acting(sam), allows_unexplained=True)
    assert moved.status == stored(order).status != STARTS[command]


def test_the_history_keeps_the_reason(order: Order, sam: User) -> None:
    transition_order(order_id=order.id, command=Command.APPROVE, actor=acting(sam), reason="Paid in cash")
    assert OrderTransition.objects.filter(order=order).latest("pk").reason == "Paid in cash"


def test_a_paid_order_needs_none(order: Order, sam: User) -> None:
    pay(order)
    for command in (Command.SHIP, Command.DELIVER):
        transition_order(order_id=order.id, command=command, actor=acting(sam))
    assert stored(order).status == Status.DELIVERED


def test_cancelling_needs_none(order: Order, sam: User) -> None:
    cancel_order(order_id=order.id, actor=acting(sam))
    assert stored(order).status == Status.CANCELLED


def test_what_the_table_or_the_role_forbids_is_refused_as_that(order: Order, sam: User, alice: User) -> None:
    with pytest.raises(IllegalTransition):
        transition_order(order_id=order.id, command=Command.DELIVER, actor=acting(sam))
    with pytest.raises((Forbidden, LoginRequired)):
        transition_order(order_id=order.id, command=Command.APPROVE, actor=acting(alice))


def test_only_a_payment_that_went_through_and_is_kept_covers_an_order(order: Order, sam: User) -> None:
    paid, declined, cancelled = order, *(OrderFactory.create(tenant=sam.tenant) for _ in range(2))
    pay(paid)
    pay(declined, DECLINED_CARD)
    pay(cancelled)
    cancel_order(order_id=cancelled.id, actor=acting(sam))
    assert find_unpaid_orders([paid.id, declined.id, cancelled.id]) == {declined.id, cancelled.id}

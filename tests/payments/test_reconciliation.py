"""What the sweep makes of payments whose last word the gateway has not said (contract, Payments)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from pytest_django import Settings

from events.models import AuditEvent
from kernel.actor import SYSTEM
from orders.models import Order, OrderTransition
from orders.states import Status
from payments.errors import GatewayTimeout
from payments.gateways.port import Charge, Outcome, Refund
from payments.gateways.sandbox import SILENT_CARD
from payments.models import Payment
from payments.retry_policy import next_attempt_at
from payments.services.order_transitions import cancel_order
from payments.services.reconciliation import reconcile_due_payments
from pets.models import Pet
from tenants.models import Tenant
from tests.factories import OrderFactory
from tests.payments.conftest import Use
from tests.payments.fake_stripe import API_KEY, fake_stripe
from tests.payments.paying import (
    Broken,
    Slow,
    Unlucky,
    charged,
    let_pass,
    pay,
    payments_of,
    raises,
    refunded,
    statuses,
    stored,
)
from tests.snapshots import snapshot


def _abandoned(order: Order, use: Use) -> Payment:
    """A payment whose process ended before it reached the gateway."""
    use(Unlucky(before=[raises(Broken())]))
    with pytest.raises(Broken):
        pay(order)
    return payments_of(order)[0]


def test_a_charge_whose_answer_was_lost_is_found_and_approves_the_order_once(in_acme: Tenant, order: Order) -> None:
    payment = pay(order, SILENT_CARD)
    let_pass(2)
    assert [reconcile_due_payments(), reconcile_due_payments()] == [1, 0]
    assert (stored(payment).status, stored(order).status) == (Payment.Status.SUCCEEDED, Status.APPROVED)
    assert (charged(), stored(payment).due_at) == (1, None)
    assert OrderTransition.objects.filter(order=order, to_status=Status.APPROVED).count() == 1
    assert AuditEvent.objects.get(action="PAYMENT_SUCCEEDED").actor_id is None


def test_nobody_is_asked_before_the_time(order: Order) -> None:
    pay(order, SILENT_CARD)
    before = snapshot()
    assert reconcile_due_payments() == 0
    assert snapshot() == before


def test_the_sweep_serves_every_tenant(rex: Pet, mia: Pet) -> None:
    orders = [OrderFactory.create(pet=pet) for pet in (rex, mia)]
    for order in orders:
        pay(order, SILENT_CARD)
    let_pass(2)
    assert reconcile_due_payments() == 2
    assert [stored(order).status for order in orders] == [Status.APPROVED] * 2


def test_the_sweep_takes_no_more_than_it_is_told(rex: Pet, mia: Pet) -> None:
    for pet in (rex, mia):
        pay(OrderFactory.create(pet=pet), SILENT_CARD)
    let_pass(2)
    assert [reconcile_due_payments(limit=1), reconcile_due_payments(limit=1), reconcile_due_payments(limit=1)] == [
        1,
        1,
        0,
    ]


def test_a_charge_that_was_never_made_fails_after_ten_minutes_and_the_order_can_be_paid(order: Order, use: Use) -> None:
    payment = _abandoned(order, use)
    let_pass(9)
    reconcile_due_payments()
    assert stored(payment).status == Payment.Status.PROCESSING
    let_pass(1)
    reconcile_due_payments()
    assert (stored(payment).status, stored(payment).failure_code) == (Payment.Status.FAILED, "gateway_unreachable")
    assert (pay(order).status, charged()) == (Payment.Status.SUCCEEDED, 1)


@pytest.mark.parametrize(
    ("outcome", "status", "of_order"),
    [(Outcome.SUCCEEDED, "SUCCEEDED", Status.APPROVED), (Outcome.DECLINED, "FAILED", Status.PLACED)],
)
def test_a_bank_that_takes_its_time_decides_in_the_end(
    order: Order, use: Use, outcome: Outcome, status: str, of_order: Status
) -> None:
    bank = Slow()
    use(bank)
    payment = pay(order)
    let_pass(60)
    reconcile_due_payments()
    assert stored(payment).status == Payment.Status.PENDING
    assert stored(payment).due_at is not None
    bank.decision = Charge(outcome, "slow_decision")
    let_pass(60)
    reconcile_due_payments()
    assert (stored(payment).status, stored(order).status) == (status, of_order)


@pytest.mark.parametrize(("attempts", "minutes"), [(1, 1), (2, 1), (3, 2), (4, 5), (5, 10), (6, 30), (7, 60), (99, 60)])
def test_the_waits_between_tries_grow_to_an_hour(attempts: int, minutes: int) -> None:
    at = datetime(2026, 11, 21, tzinfo=UTC)
    assert next_attempt_at(at, attempts) - at == timedelta(minutes=minutes)


def test_a_gateway_that_is_not_the_one_of_the_settings_is_left_alone(order: Order, settings: Settings) -> None:
    payment = pay(order, SILENT_CARD)
    let_pass(2)
    with fake_stripe() as books:
        settings.PAYMENT_GATEWAY, settings.STRIPE_API_KEY, settings.STRIPE_API_BASE = "stripe", API_KEY, books.url
        reconcile_due_payments()
    assert books.seen == []
    assert (stored(payment).status, stored(payment).attempts) == (Payment.Status.PROCESSING, 2)
    assert stored(payment).due_at is not None


def test_a_sweep_that_dies_forgets_nothing(order: Order, use: Use) -> None:
    class Dying(Unlucky):
        def find_charge(self, *, key: str) -> Charge | None:
            raise Broken

    payment = pay(order, SILENT_CARD)
    use(Dying())
    let_pass(2)
    with pytest.raises(Broken):
        reconcile_due_payments()
    use(Unlucky())
    let_pass(2)
    reconcile_due_payments()
    assert stored(payment).status == Payment.Status.SUCCEEDED


def test_a_charge_that_turns_up_after_the_order_was_cancelled_is_refunded(in_acme: Tenant, order: Order) -> None:
    payment = pay(order, SILENT_CARD)
    cancel_order(order_id=order.id, actor=SYSTEM)
    assert stored(payment).status == Payment.Status.CANCELLED
    let_pass(2)
    reconcile_due_payments()
    assert (stored(payment).status, stored(payment).due_at) == (Payment.Status.REFUNDED, None)
    assert (charged(), refunded()) == (1, 1)
    assert stored(order).status == Status.CANCELLED


def test_a_cancelled_payment_that_was_never_charged_is_asked_for_no_more_after_a_while(
    in_acme: Tenant, order: Order, use: Use
) -> None:
    payment = _abandoned(order, use)
    cancel_order(order_id=order.id, actor=SYSTEM)
    for _ in range(2):
        let_pass(9)
        reconcile_due_payments()
    assert (stored(payment).status, stored(payment).due_at) == (Payment.Status.CANCELLED, None)
    assert (charged(), refunded()) == (0, 0)


def test_a_pending_charge_of_a_cancelled_order_is_watched_to_its_end(in_acme: Tenant, order: Order, use: Use) -> None:
    bank = Slow()
    use(bank)
    payment = pay(order)
    cancel_order(order_id=order.id, actor=SYSTEM)
    let_pass(60)
    reconcile_due_payments()
    assert stored(payment).due_at is not None
    bank.decision = Charge(Outcome.DECLINED, code="expired")
    let_pass(60)
    reconcile_due_payments()
    assert (stored(payment).status, stored(payment).due_at) == (Payment.Status.CANCELLED, None)


def test_a_refund_is_asked_for_before_it_is_tried_again(in_acme: Tenant, order: Order, use: Use) -> None:
    class Forgetful(Unlucky):
        """Its keys are good for one call: the second one would move the money again."""

        def refund_charge(self, **call: Any) -> Refund:
            calls.append(call["key"])
            return super().refund_charge(**call)

    calls: list[str] = []
    pay(order)
    use(Forgetful(after=[raises(GatewayTimeout())]))
    cancel_order(order_id=order.id, actor=SYSTEM)
    let_pass(2)
    reconcile_due_payments()
    assert (len(calls), statuses(order)) == (1, {"REFUNDED": 1})


def test_a_refund_that_the_bank_takes_its_time_for_is_watched_to_its_end(
    in_acme: Tenant, order: Order, use: Use
) -> None:
    class Reluctant(Unlucky):
        def refund_charge(self, **call: Any) -> Refund:
            asked.append(call["key"])
            return Refund(Outcome.PENDING, "slow_refund")

        def find_refund(self, *, key: str, reference: str) -> Refund | None:
            return news.pop(0)

    asked: list[str] = []
    news = [Refund(Outcome.PENDING, "slow_refund"), Refund(Outcome.SUCCEEDED, "slow_refund")]
    payment = pay(order)
    use(Reluctant())
    cancel_order(order_id=order.id, actor=SYSTEM)
    for status in ("SUCCEEDED", "REFUNDED"):
        let_pass(60)
        reconcile_due_payments()
        assert stored(payment).status == status
    assert len(asked) == 1


def test_a_refund_without_an_answer_is_tried_again_and_made_once(in_acme: Tenant, order: Order, use: Use) -> None:
    payment = pay(order)
    use(Unlucky(after=[raises(GatewayTimeout())]))
    cancel_order(order_id=order.id, actor=SYSTEM)
    assert stored(payment).is_refund_under_way
    let_pass(2)
    assert [reconcile_due_payments(), reconcile_due_payments()] == [1, 0]
    assert statuses(order) == {"REFUNDED": 1}
    assert refunded() == 1

"""With its order a payment is cancelled or refunded, whichever way the order is cancelled (contract, Orders)."""

from typing import Any

import pytest

from accounts.models import User
from events.models import AuditEvent
from kernel.actor import ANONYMOUS, SYSTEM, Actor
from kernel.errors import DomainError, Forbidden, LoginRequired, StaleVersion
from orders.models import Order
from orders.services.transitions import approve_order
from orders.states import Command, Status
from payments.errors import GatewayError, GatewayTimeout, PaymentNotFound, PaymentNotRefundable
from payments.gateways.port import Outcome, Refund
from payments.gateways.sandbox import DECLINED_CARD, SILENT_CARD
from payments.models import Payment
from payments.services.order_transitions import cancel_order, refund_payment, transition_order
from payments.services.reconciliation import reconcile_due_payments
from payments.services.refunds import attempt_refund
from pets.models import Pet
from tests.factories import OrderFactory, acting
from tests.payments.conftest import Use
from tests.payments.paying import Broken, Unlucky, charged, let_pass, pay, raises, refunded, stored
from tests.snapshots import snapshot

pytestmark = pytest.mark.usefixtures("in_acme")


def _told(payment: Payment) -> list[tuple[str, Any]]:
    events = AuditEvent.objects.filter(entity_id=payment.id).order_by("id")
    return [(event.action, event.details["changes"]["status"]) for event in events]


def test_a_paid_order_that_is_cancelled_is_refunded(order: Order, sam: User) -> None:
    payment = pay(order)
    cancel_order(order_id=order.id, actor=acting(sam))
    refunded_one = stored(payment)
    assert (refunded_one.status, stored(order).status) == (Payment.Status.REFUNDED, Status.CANCELLED)
    assert (charged(), refunded(), refunded_one.due_at) == (1, 1, None)
    assert refunded_one.refund_reference
    assert stored(order.pet).status == Pet.Status.AVAILABLE


def test_the_journal_tells_of_the_refund_and_who_asked_for_it(order: Order, sam: User) -> None:
    payment = pay(order)
    cancel_order(order_id=order.id, actor=acting(sam))
    event = AuditEvent.objects.get(action="PAYMENT_REFUNDED")
    assert (event.entity_id, event.actor_id) == (payment.id, sam.id)
    assert event.details["changes"] == {"status": ["SUCCEEDED", "REFUNDED"]}
    assert event.details["payment"]["status"] == "REFUNDED"
    assert event.details["order"]["status"] == "CANCELLED"
    assert event.details["receipt"]["id"] == str(payment.id)


@pytest.mark.parametrize("road", [(Command.SHIP,), (Command.SHIP, Command.DELIVER)])
def test_a_force_cancel_refunds_too(order: Order, road: tuple[Command, ...]) -> None:
    payment = pay(order)
    for command in (*road, Command.FORCE_CANCEL):
        transition_order(order_id=order.id, command=command, actor=SYSTEM)
    assert (stored(payment).status, refunded()) == (Payment.Status.REFUNDED, 1)


def test_an_open_payment_is_cancelled_with_its_order(order: Order) -> None:
    payment = pay(order, SILENT_CARD)
    cancel_order(order_id=order.id, actor=SYSTEM)
    assert (stored(payment).status, refunded()) == (Payment.Status.CANCELLED, 0)
    assert _told(payment) == [("PAYMENT_CANCELLED", ["PROCESSING", "CANCELLED"])]
    assert stored(payment).due_at is not None


def test_a_declined_payment_stays_what_it_is(order: Order) -> None:
    payment = pay(order, DECLINED_CARD)
    cancel_order(order_id=order.id, actor=SYSTEM)
    assert (stored(payment).status, refunded()) == (Payment.Status.FAILED, 0)


def test_an_order_that_was_paid_at_the_counter_is_cancelled_without_a_gateway(order: Order) -> None:
    approve_order(order_id=order.id, actor=SYSTEM)
    cancel_order(order_id=order.id, actor=SYSTEM)
    assert (stored(order).status, refunded()) == (Status.CANCELLED, 0)


def test_an_order_that_is_cancelled_while_the_gateway_charges_is_refunded_at_once(order: Order, use: Use) -> None:
    use(Unlucky(after=[lambda: cancel_order(order_id=order.id, actor=SYSTEM)]))
    payment = pay(order)
    assert payment.status == stored(payment).status == Payment.Status.REFUNDED
    assert (stored(order).status, charged(), refunded()) == (Status.CANCELLED, 1, 1)
    assert [action for action, _ in _told(payment)] == ["PAYMENT_CANCELLED", "PAYMENT_REFUNDED"]


def test_an_order_that_is_cancelled_while_the_gateway_declines_stays_cancelled(order: Order, use: Use) -> None:
    use(Unlucky(before=[lambda: cancel_order(order_id=order.id, actor=SYSTEM)]))
    payment = pay(order, DECLINED_CARD)
    assert (payment.status, payment.due_at, refunded()) == (Payment.Status.CANCELLED, None, 0)


def test_an_order_that_is_cancelled_while_the_gateway_is_silent_is_told_so(order: Order, use: Use) -> None:
    use(Unlucky(before=[lambda: cancel_order(order_id=order.id, actor=SYSTEM)]))
    assert pay(order, SILENT_CARD).status == Payment.Status.CANCELLED


def test_an_order_that_staff_approve_while_the_gateway_charges_is_approved_once(order: Order, use: Use) -> None:
    use(Unlucky(before=[lambda: approve_order(order_id=order.id, actor=SYSTEM)]))
    payment = pay(order)
    assert (payment.status, stored(order).status) == (Payment.Status.SUCCEEDED, Status.APPROVED)
    assert stored(order).version == 2


@pytest.mark.parametrize("fault", [GatewayTimeout, GatewayError])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_gateway_in_trouble_keeps_nobody_from_cancelling(
    order: Order, use: Use, fault: type[DomainError], when: str
) -> None:
    payment = pay(order)
    use(Unlucky(**{when: [raises(fault())]}))
    cancel_order(order_id=order.id, actor=SYSTEM)
    assert (stored(order).status, stored(payment).status) == (Status.CANCELLED, Payment.Status.SUCCEEDED)
    assert stored(payment).is_refund_under_way
    let_pass(2)
    reconcile_due_payments()
    assert (stored(payment).status, refunded()) == (Payment.Status.REFUNDED, 1)


def test_a_refund_that_breaks_off_is_made_by_the_sweep(order: Order, use: Use) -> None:
    payment = pay(order)
    use(Unlucky(after=[raises(Broken())]))
    with pytest.raises(Broken):
        cancel_order(order_id=order.id, actor=SYSTEM)
    let_pass(2)
    reconcile_due_payments()
    assert (stored(payment).status, refunded()) == (Payment.Status.REFUNDED, 1)


def test_a_refund_that_is_heard_of_twice_is_told_once(order: Order, use: Use) -> None:
    payment = pay(order)
    use(Unlucky(before=[raises(GatewayTimeout())]))
    cancel_order(order_id=order.id, actor=SYSTEM)
    owed = stored(payment)
    attempt_refund(owed, actor=SYSTEM)
    before = snapshot()
    assert attempt_refund(owed, actor=SYSTEM).status == Payment.Status.REFUNDED
    assert snapshot() == before


def test_a_refund_that_is_refused_for_good_is_left_to_people(
    order: Order, use: Use, caplog: pytest.LogCaptureFixture
) -> None:
    class Refusing(Unlucky):
        def refund_charge(self, **call: Any) -> Refund:
            return Refund(Outcome.DECLINED, code="charge_disputed")

    payment = pay(order)
    use(Refusing())
    cancel_order(order_id=order.id, actor=SYSTEM)
    left = stored(payment)
    assert (left.status, left.failure_code, left.due_at) == (Payment.Status.SUCCEEDED, "charge_disputed", None)
    assert [record.levelname for record in caplog.records] == ["ERROR"]


def test_a_cancellation_that_is_refused_moves_no_money(order: Order) -> None:
    pay(order)
    before = snapshot()
    with pytest.raises(StaleVersion):
        cancel_order(order_id=order.id, actor=SYSTEM, expected_version=1)
    with pytest.raises(Forbidden):
        transition_order(order_id=order.id, command=Command.FORCE_CANCEL, actor=Actor(user_id=order.id))
    assert snapshot() == before


def test_staff_refund_a_payment_by_cancelling_its_order(order: Order, sam: User) -> None:
    payment = refund_payment(payment_id=pay(order).id, actor=acting(sam), reason="The customer asked")
    assert (payment.status, payment.order.status) == (Payment.Status.REFUNDED, Status.CANCELLED)


def test_only_an_admin_refunds_what_is_shipped(order: Order, sam: User, root: User) -> None:
    payment = pay(order)
    transition_order(order_id=order.id, command=Command.SHIP, actor=SYSTEM)
    with pytest.raises(Forbidden):
        refund_payment(payment_id=payment.id, actor=acting(sam))
    assert refund_payment(payment_id=payment.id, actor=acting(root)).status == Payment.Status.REFUNDED


@pytest.mark.parametrize("number", [DECLINED_CARD, SILENT_CARD])
def test_what_was_not_paid_is_not_refunded(order: Order, sam: User, number: str) -> None:
    _not_refunded(PaymentNotRefundable, pay(order, number), acting(sam))


def test_what_was_refunded_is_not_refunded_again(order: Order, sam: User) -> None:
    payment = refund_payment(payment_id=pay(order).id, actor=acting(sam))
    _not_refunded(PaymentNotRefundable, payment, acting(sam))


def test_customers_do_not_refund_themselves(order: Order, alice: User) -> None:
    payment = pay(order)
    _not_refunded(Forbidden, payment, acting(alice))
    _not_refunded(LoginRequired, payment, ANONYMOUS)


def test_a_payment_of_another_tenant_is_not_found(mia: Pet, sam: User) -> None:
    _not_refunded(PaymentNotFound, pay(OrderFactory.create(pet=mia)), acting(sam))


def _not_refunded(refusal: type[DomainError], payment: Payment, actor: Actor) -> None:
    before = snapshot()
    with pytest.raises(refusal):
        refund_payment(payment_id=payment.id, actor=actor)
    assert snapshot() == before

"""A refund that the gateway refuses for good: asked for again, or noted as given back by other means."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.models import User
from events.models import Action, AuditEvent
from kernel.actor import ANONYMOUS, Actor
from kernel.errors import DomainError, Forbidden, Invalid, LoginRequired, StaleVersion
from orders.models import Order
from payments import integrity
from payments.errors import GatewayTimeout, PaymentNotRefundable
from payments.gateways.port import Outcome, Refund
from payments.models import Payment
from payments.services.order_transitions import cancel_order, refund_payment
from payments.services.reconciliation import reconcile_due_payments
from payments.services.refunds import record_manual_refund, retry_refused_refund
from tenants.models import Tenant
from tests.factories import OrderFactory, acting
from tests.payments.conftest import Use
from tests.payments.paying import Unlucky, let_pass, pay, raises, refunded, stored
from tests.snapshots import snapshot

pytestmark = pytest.mark.django_db(transaction=True)
REASON = "Transfer 4711"


class Refusing(Unlucky):
    """A gateway that refuses a refund for good, and remembers that under its key."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: set[str] = set()

    def refund_charge(self, **call: Any) -> Refund:
        self.refused.add(call["key"])
        return Refund(Outcome.DECLINED, code="charge_disputed")


class Persistent(Unlucky):
    """One that has changed its mind, but for keys that it has refused."""

    def __init__(self, refused: set[str]) -> None:
        super().__init__()
        self._refused = refused

    def refund_charge(self, **call: Any) -> Refund:
        if call["key"] in self._refused:
            return Refund(Outcome.DECLINED, code="charge_disputed")
        return super().refund_charge(**call)


@pytest.fixture
def order(in_acme: Tenant, alice: User) -> Order:
    return OrderFactory.create(tenant=in_acme, customer=alice)


@pytest.fixture
def gateway() -> Refusing:
    return Refusing()


@pytest.fixture
def payment(order: Order, use: Use, gateway: Refusing, sam: User) -> Payment:
    """One whose refund is refused for good."""
    payment = pay(order)
    use(gateway)
    cancel_order(order_id=order.id, actor=acting(sam))
    kept: Payment = stored(payment)
    return kept


def again(payment: Payment, actor: Actor, **more: Any) -> Payment:
    return retry_refused_refund(payment_id=payment.id, actor=actor, **more)


def noted(payment: Payment, actor: Actor, **more: Any) -> Payment:
    return record_manual_refund(payment_id=payment.id, actor=actor, **{"reason": REASON} | more)


def entries(payment: Payment) -> list[AuditEvent]:
    return list(AuditEvent.objects.filter(entity_id=payment.id).order_by("created_at", "id"))


def test_the_journal_tells_of_the_refusal(payment: Payment, sam: User) -> None:
    (_, refusal) = entries(payment)
    assert (refusal.action, refusal.actor_id) == (Action.REFUND_REFUSED, sam.id)
    assert refusal.details["reason"] == "charge_disputed"


def test_asked_again_under_a_new_key_it_is_refunded_once(
    payment: Payment, gateway: Refusing, use: Use, sam: User
) -> None:
    use(Persistent(gateway.refused))
    assert again(payment, acting(sam)).status == Payment.Status.REFUNDED
    assert refunded() == 1
    assert [check.claim for check in integrity.run_payment_checks() if check.broken] == []


def test_asked_again_and_refused_again_it_can_be_asked_once_more(
    payment: Payment, gateway: Refusing, sam: User
) -> None:
    assert again(payment, acting(sam)).is_refund_refused
    assert again(stored(payment), acting(sam)).is_refund_refused
    assert len(gateway.refused) == 3


def test_asked_again_without_an_answer_the_sweep_goes_on_and_refunds_once(
    payment: Payment, use: Use, sam: User
) -> None:
    use(Unlucky(after=[raises(GatewayTimeout())]))
    assert not again(payment, acting(sam)).is_refund_refused
    let_pass(2)
    reconcile_due_payments()
    assert (stored(payment).status, refunded()) == (Payment.Status.REFUNDED, 1)


def test_what_went_back_by_other_means_is_noted_with_its_reason(payment: Payment, sam: User) -> None:
    assert noted(payment, acting(sam)).status == Payment.Status.REFUNDED
    (*_, entry) = entries(payment)
    assert (entry.action, entry.actor_id) == (Action.PAYMENT_REFUNDED, sam.id)
    assert entry.details["by_other_means"] == REASON
    assert refunded() == 0
    assert [check.claim for check in integrity.run_payment_checks() if check.broken] == []


@pytest.mark.parametrize("use_case", [again, noted])
def test_only_what_was_refused_takes_either(order: Order, sam: User, use_case: Callable[..., Payment]) -> None:
    payment = pay(order)
    _refused(PaymentNotRefundable, use_case, payment, acting(sam))
    refund_payment(payment_id=payment.id, actor=acting(sam))
    _refused(PaymentNotRefundable, use_case, payment, acting(sam))


@pytest.mark.parametrize("use_case", [again, noted])
def test_customers_strangers_and_old_pages_are_refused(
    payment: Payment, alice: User, sam: User, use_case: Callable[..., Payment]
) -> None:
    _refused(Forbidden, use_case, payment, acting(alice))
    _refused(LoginRequired, use_case, payment, ANONYMOUS)
    _refused(StaleVersion, use_case, payment, acting(sam), expected_version=payment.version - 1)


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_note_says_how(payment: Payment, sam: User, reason: str) -> None:
    _refused(Invalid, noted, payment, acting(sam), reason=reason)


def test_a_refund_of_a_payment_that_has_changed_is_refused(order: Order, sam: User) -> None:
    payment = pay(order)
    before = snapshot()
    with pytest.raises(StaleVersion):
        refund_payment(payment_id=payment.id, actor=acting(sam), expected_version=payment.version - 1)
    assert snapshot() == before


def _refused(refusal: type[DomainError], use_case: Callable[..., Payment], *given: Any, **more: Any) -> None:
    before = snapshot()
    with pytest.raises(refusal):
        use_case(*given, **more)
    assert snapshot() == before

"""Customers who pay, gateways that break, and the bank's books."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

from kernel import clock
from kernel.actor import SYSTEM
from orders.models import Order
from payments.gateways.port import Charge, Outcome, Refund
from payments.gateways.sandbox import SUCCEEDING_CARD, Kind, SandboxGateway
from payments.ledger import DatabaseLedger
from payments.models import Payment, SandboxEntry
from payments.services.paying import pay_order
from payments.sources import Source
from tenants.scoping import tenant_scope
from tests.payments.sources import card, parsed
from traffic.services import Answer, Once, answer_by_steps


def source(number: str = SUCCEEDING_CARD) -> Source:
    return parsed(card(number=number))


def pay(order: Order, number: str = SUCCEEDING_CARD, **changed: Any) -> Payment:
    """Pay the order by card, in its tenant."""
    values: dict[str, Any] = {
        "amount": order.total_amount,
        "currency": order.currency,
        "source": source(number),
        "actor": SYSTEM,
    }
    with tenant_scope(order.tenant_id):
        return pay_order(order_id=order.id, **values | changed)


def pay_once(order: Order, key: str = "key-1", after: Callable[[], object] = int) -> UUID:
    """The same as an edge does it for a caller with an Idempotency-Key; returns the payment's id.

    Args:
        after: happens when the order has been paid and before the answer is stored.
    """

    def work(payment_id: UUID) -> Answer:
        payment = pay(order, payment_id=payment_id)
        after()
        return Answer(201, payment.id.bytes)

    once = Once("somebody", f"payments create {order.id}", key, b"{}")
    with tenant_scope(order.tenant_id):
        return UUID(bytes=answer_by_steps(once, work).body)


def stored(row: Any) -> Any:
    """The row as it is now."""
    with tenant_scope(row.tenant_id):
        return type(row).objects.get(pk=row.pk)


def payments_of(order: Order) -> list[Payment]:
    with tenant_scope(order.tenant_id):
        return list(Payment.objects.filter(order_id=order.id).order_by("id"))


def charged() -> int:
    """How often the bank has taken money."""
    return _moved(Kind.CHARGE)


def refunded() -> int:
    """How often the bank has given money back."""
    return _moved(Kind.REFUND)


def _moved(kind: Kind) -> int:
    return SandboxEntry.objects.filter(kind=kind, outcome=Outcome.SUCCEEDED).count()


def statuses(order: Order) -> Counter[str]:
    return Counter(payment.status for payment in payments_of(order))


def age(payment: Payment, by: timedelta) -> None:
    """As if so much time had passed since the payment was last touched; the clock cannot be turned, the row can."""
    at = clock.now() - by
    with tenant_scope(payment.tenant_id):
        Payment.objects.filter(pk=payment.pk).update(due_at=at, updated_at=at)


class Broken(Exception):
    """A defect of ours, or the end of the process: nothing that the code expects."""


class Unlucky(SandboxGateway):
    """The sandbox, with something going wrong before or after the next calls.

    Args:
        before, after: raised at the next calls, one each.
    """

    def __init__(self, *, before: list[Exception] | None = None, after: list[Exception] | None = None) -> None:
        super().__init__(DatabaseLedger())
        self.before, self.after = before or [], after or []

    def charge(self, **call: Any) -> Charge:
        _fail(self.before)
        answer = super().charge(**call)
        _fail(self.after)
        return answer

    def refund(self, **call: Any) -> Refund:
        _fail(self.before)
        answer = super().refund(**call)
        _fail(self.after)
        return answer


def _fail(faults: list[Exception]) -> None:
    if faults:
        raise faults.pop(0)


class Slow(SandboxGateway):
    """A bank that takes its time: PENDING until it is told to decide."""

    def __init__(self) -> None:
        super().__init__(DatabaseLedger())
        self.decision: Charge | None = None

    def charge(self, *, key: str, **call: Any) -> Charge:
        return Charge(Outcome.PENDING, f"slow_{key}")

    def find_charge(self, *, key: str) -> Charge | None:
        return self.decision or Charge(Outcome.PENDING, f"slow_{key}")

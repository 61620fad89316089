"""Customers who pay, gateways that break, and the bank's books."""

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import F

from idempotency.models import IdempotencyRecord
from idempotency.requests import IdempotentRequest
from idempotency.services import ReplayableResponse, run_with_recovery
from kernel import clock
from kernel.actor import SYSTEM
from orders.models import Order
from payments.gateways.ledger import DatabaseLedger
from payments.gateways.port import Charge, Outcome, Refund
from payments.gateways.sandbox import SUCCEEDING_CARD, EntryKind, SandboxGateway
from payments.models import Payment, SandboxEntry
from payments.services.payment import pay_order
from payments.sources import Source
from tenants.scoping import all_tenants, tenant_scope
from tests.payments.sources import card, parsed


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


def pay_once(order: Order, key: str = "key-1", after: Callable[[], object] = int, body: bytes = b"{}") -> UUID:
    """The same as an edge does it for a caller with an Idempotency-Key; returns the payment's id.

    Args:
        after: happens when the order has been paid and before the answer is stored.
    """

    def work(payment_id: UUID) -> ReplayableResponse:
        payment = pay(order, payment_id=payment_id)
        after()
        return ReplayableResponse(201, payment.id.bytes)

    once = IdempotentRequest(principal="somebody", operation="pay_order", target=order.id, key=key, content=body)
    with tenant_scope(order.tenant_id):
        return UUID(bytes=run_with_recovery(once, work).body)


def stored(row: Any) -> Any:
    """The row as it is now."""
    with tenant_scope(row.tenant_id):
        return type(row).objects.get(pk=row.pk)


def payments_of(order: Order) -> list[Payment]:
    with tenant_scope(order.tenant_id):
        return list(Payment.objects.filter(order_id=order.id).order_by("id"))


def charged(order: Order | None = None) -> int:
    """How often the bank has taken money: for this order, or at all."""
    return _moved(EntryKind.CHARGE, order)


def refunded(order: Order | None = None) -> int:
    """How often the bank has given money back: for this order, or at all."""
    return _moved(EntryKind.REFUND, order)


def _moved(kind: EntryKind, order: Order | None) -> int:
    entries = SandboxEntry.objects.filter(kind=kind, outcome=Outcome.SUCCEEDED)
    if order is None:
        return entries.count()
    ids = [str(payment.id) for payment in payments_of(order)]
    return entries.filter(key__in=[*ids, *(f"{each}-refund" for each in ids)]).count()


def statuses(order: Order) -> Counter[str]:
    return Counter(payment.status for payment in payments_of(order))


def let_pass(minutes: int) -> None:
    """As if so much time had gone by for every payment; the clock cannot be turned, the rows can."""
    past = timedelta(minutes=minutes)
    with all_tenants(reason="the test looks ahead"):
        Payment.objects.update(due_at=F("due_at") - past, updated_at=F("updated_at") - past)


def let_leases_expire() -> None:
    """As if whoever works on a key had done so for too long."""
    with all_tenants(reason="the test looks ahead"):
        IdempotencyRecord.objects.filter(status=0).update(leased_until=clock.now())


class Broken(Exception):
    """A defect of ours: nothing that the code expects."""


Fault = Callable[[], object]


def raises(error: Exception) -> Fault:
    """A fault for `Unlucky`."""

    def fail() -> None:
        raise error

    return fail


class Unlucky(SandboxGateway):
    """The sandbox, with something happening before or after its next charges and refunds.

    Args:
        before, after: what happens, once each.
    """

    def __init__(self, *, before: Sequence[Fault] = (), after: Sequence[Fault] = ()) -> None:
        super().__init__(DatabaseLedger())
        self._before, self._after = list(before), list(after)

    def charge_source(self, **call: Any) -> Charge:
        _happen(self._before)
        answer = super().charge_source(**call)
        _happen(self._after)
        return answer

    def refund_charge(self, **call: Any) -> Refund:
        _happen(self._before)
        answer = super().refund_charge(**call)
        _happen(self._after)
        return answer


def _happen(faults: list[Fault]) -> None:
    if faults:
        faults.pop(0)()


class Slow(SandboxGateway):
    """A bank that takes its time: PENDING until it is told to decide."""

    def __init__(self) -> None:
        super().__init__(DatabaseLedger())
        self.decision: Charge | None = None

    def charge_source(self, *, key: str, **call: Any) -> Charge:
        return Charge(Outcome.PENDING, f"slow_{key}")

    def find_charge(self, *, key: str) -> Charge | None:
        return self.decision or Charge(Outcome.PENDING, f"slow_{key}")

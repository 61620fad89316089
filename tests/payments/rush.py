"""Many who pay or cancel at the same moment, careful and careless ones; the short tier and the long one share them."""

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from threading import Barrier
from typing import Any

from kernel import ids
from kernel.actor import SYSTEM
from kernel.errors import Conflict
from orders.models import Order
from orders.states import Status
from payments import integrity
from payments.gateways.ledger import DatabaseLedger
from payments.gateways.port import Charge
from payments.gateways.sandbox import SILENT_CARD, SUCCEEDING_CARD, SandboxGateway
from payments.models import Payment
from payments.services.order_transitions import cancel_order
from payments.services.reconciliation import reconcile_due_payments
from tenants.scoping import tenant_scope
from tests.concurrency import PATIENCE, Outcome, run_together
from tests.payments.paying import charged, let_pass, pay, pay_once, refunded, source, statuses, stored

KEYS: dict[str, Callable[[Order, int], Callable[[], object]]] = {
    "one key": lambda order, _number: partial(pay_once, order, "the key"),
    "a key each": lambda order, number: partial(pay_once, order, f"key {number}"),
    "no key": lambda order, _number: partial(pay, order),
}


def payers(order: Order, number: int, keys: str) -> Outcome[object]:
    """So many clients pay the order at once.

    Args:
        keys: which Idempotency-Keys they send, one of KEYS.
    """
    return run_together([KEYS[keys](order, each) for each in range(number)])


class Meeting(SandboxGateway):
    """A gateway that charges nobody before so many have come."""

    def __init__(self, number: int) -> None:
        super().__init__(DatabaseLedger())
        self._everybody_has_come = Barrier(number)

    def charge_source(self, **call: Any) -> Charge:
        self._everybody_has_come.wait(PATIENCE)
        return super().charge_source(**call)


def pay_carelessly(order: Order, gateway: SandboxGateway) -> bool:
    """The negative control: looks whether the order is unpaid, and charges; tells whether it did."""
    with tenant_scope(order.tenant_id):
        if stored(order).status != Status.PLACED:
            return False
        gateway.charge_source(
            key=str(ids.new_id()), amount=order.total_amount, currency=order.currency, source=source()
        )
        return True


def pay_and_cancel(orders: Sequence[Order]) -> Counter[str]:
    """Pay and cancel each order at the same moment, every second one by a card whose answer is lost; tells where the
    orders stand then."""
    calls: list[Callable[[], object]] = []
    for number, order in enumerate(orders):
        calls += [partial(_try, _paying(order, number)), partial(_try, _cancelling(order))]
    outcome = run_together(calls)
    if outcome.errors:
        raise outcome.errors[0]
    return Counter(stored(order).status for order in orders)


def _paying(order: Order, number: int) -> Callable[[], object]:
    return partial(pay, order, SILENT_CARD if number % 2 else SUCCEEDING_CARD)


def _cancelling(order: Order) -> Callable[[], object]:
    def cancel() -> None:
        with tenant_scope(order.tenant_id):
            cancel_order(order_id=order.id, actor=SYSTEM)

    return cancel


def _try(call: Callable[[], object]) -> None:
    with suppress(Conflict):
        call()


def sweep_up(rounds: int = 20) -> None:
    """Let time pass until the gateway has said its last word."""
    for _ in range(rounds):
        let_pass(60)
        if reconcile_due_payments(limit=1000) == 0:
            return
    raise AssertionError("something is due for ever")


def complaints(orders: Sequence[Order]) -> list[str]:
    """Where the money of the orders is not where the contract says; the journal's checks are asked too."""
    found = [text for order in orders for text in _of_order(stored(order))]
    return found + [check.claim for check in integrity.run_payment_checks() if check.broken]


def _of_order(order: Order) -> list[str]:
    kept = statuses(order)[Payment.Status.SUCCEEDED]
    taken, given_back = charged(order), refunded(order)
    checks = {
        "is cancelled and keeps money": order.status != Status.CANCELLED or taken == given_back,
        "is paid more than once": taken - given_back <= 1,
        "has other payments than charges": kept == taken - given_back,
        "is approved and not paid": order.status != Status.APPROVED or kept == 1,
    }
    return [f"order {order.id} {text}" for text, is_well in checks.items() if not is_well]

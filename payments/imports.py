"""Import of past payments together with their orders (`orders.imports`).

All of them went through the sandbox, whose ledger gets their entries, so that they can be refunded.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from operator import attrgetter

from database import build_row, bulk_insert
from events.chain_links import EventRow
from events.models import EntityType
from kernel.actor import Actor
from orders.imports import OrderRow, PastOrder, PastPet, PastRows, PastStep, import_past_rows, make_past_id
from orders.states import Status
from payments.errors import GatewayError, OrderNotPayable
from payments.gateways.port import Charge, Outcome
from payments.gateways.sandbox import Entry, EntryKind, MemoryLedger, SandboxGateway
from payments.history import ACTIONS, build_event_details
from payments.models import Payment, SandboxEntry
from payments.services.settlement import REFUSED
from payments.sources import Source
from tenants.transactions import begin_wide_transaction

_PAYMENT = tuple(column.attname for column in Payment._meta.concrete_fields)
_ENTRY = ("key", "kind", "outcome", "reference", "amount", "currency", "code", "created_at")
_payment_values = attrgetter(*_PAYMENT)
_AFTER_ITS_ORDER = timedelta(milliseconds=1)
"""The event of a payment comes after that of the order's step that it caused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPayment:
    """An attempt to pay; the sandbox decides its outcome at once.

    Attributes:
        at: when it was made. If it succeeded, the order was APPROVED at that moment.
    """

    source: Source
    at: datetime


@dataclass(frozen=True, slots=True)
class PastSales:
    """The rows of past pets, orders and payments, by table."""

    rows: PastRows
    payments: list[Payment] = field(default_factory=list)
    entries: list[tuple[object, ...]] = field(default_factory=list)

    def add_pet(self, past: PastPet, payments: Sequence[Sequence[PastPayment]]) -> None:
        """Add a pet with its orders and their payments; the payment of an order that was CANCELLED later is REFUNDED.

        Args:
            payments: of each order, first to last.

        Raises:
            OrderNotPayable: one succeeded, and its order was not APPROVED at that moment.
            IllegalTransition, PetNotAvailable: as of `PastRows.add_pet`.
        """
        for order, past_order, attempts in zip(self.rows.add_pet(past), past.orders, payments, strict=True):
            for attempt in attempts:
                self._add_payment(order, past_order, attempt)

    def _add_payment(self, order: OrderRow, past: PastOrder, attempt: PastPayment) -> None:
        payment, ledger = self._build_payment(order, attempt), MemoryLedger()
        charge = _charge_sandbox(SandboxGateway(ledger), payment, attempt.source)
        payment.reference, payment.failure_code, payment.settled_at = charge.reference, charge.code, attempt.at
        if charge.outcome is Outcome.SUCCEEDED:
            self._settle_payment(payment, order, past, ledger)
        else:
            placing = past.steps[0]
            self._record_status(Payment.Status.FAILED, payment, _order_as_of(order, placing), placing.by, attempt.at)
        self.payments.append(payment)
        self.entries.extend(_build_ledger_row(entry, payment) for entry in ledger.list_entries())

    def _build_payment(self, order: OrderRow, attempt: PastPayment) -> Payment:
        at = attempt.at
        return build_row(
            Payment,
            id=make_past_id(at),
            tenant_id=order.tenant_id,
            order_id=order.id,
            amount=order.total_amount,
            currency=order.currency,
            source=attempt.source.to_public(),
            gateway=SandboxGateway.name,
            attempts=1,
            created_at=at,
        )

    def _settle_payment(self, payment: Payment, order: OrderRow, past: PastOrder, ledger: MemoryLedger) -> None:
        buyer, approval, last = past.steps[0].by, _find_approval(past, payment.created_at), past.steps[-1]
        self._record_status(Payment.Status.SUCCEEDED, payment, _order_as_of(order, approval), buyer, approval.at)
        if last.status is not Status.CANCELLED:
            return
        refund = SandboxGateway(ledger).refund_charge(
            key=f"{payment.id}-refund",
            reference=payment.reference,
            amount=payment.amount,
            currency=payment.currency,
        )
        payment.refund_requested_at, payment.refund_reference = last.at, refund.reference
        payment.version += 1
        self._record_status(Payment.Status.REFUNDED, payment, order, last.by, last.at)

    def _record_status(
        self, status: Payment.Status, payment: Payment, order: OrderRow, by: Actor, at: datetime
    ) -> None:
        previous, payment.status = payment.status, status
        payment.version, payment.updated_at = payment.version + 1, at
        event_id, details = make_past_id(at + _AFTER_ITS_ORDER), build_event_details(payment, order, previous)
        of_payment = (EntityType.PAYMENTS, payment.id, by.user_id, details, at)
        self.rows.events.append(EventRow(event_id, order.tenant_id, ACTIONS[status], *of_payment))


def import_sales(sales: PastSales) -> None:
    """Write the rows to the current scope, in one transaction."""
    with begin_wide_transaction(reason="past events join the hash chain of the whole journal"):
        import_past_rows(sales.rows)
        bulk_insert(Payment, _PAYMENT, [_payment_values(payment) for payment in sales.payments])
        bulk_insert(SandboxEntry, _ENTRY, sales.entries)


def _charge_sandbox(gateway: SandboxGateway, payment: Payment, source: Source) -> Charge:
    try:
        return gateway.charge_source(
            key=str(payment.id), amount=payment.amount, currency=payment.currency, source=source
        )
    except GatewayError:
        return REFUSED


def _find_approval(past: PastOrder, at: datetime) -> PastStep:
    for step in past.steps:
        if step.status is Status.APPROVED and step.at == at:
            return step
    raise OrderNotPayable("A payment went through at a moment at which its order was not APPROVED.")


def _order_as_of(order: OrderRow, step: PastStep) -> OrderRow:
    return replace(order, status=step.status, updated_at=step.at)


def _build_ledger_row(entry: Entry, payment: Payment) -> tuple[object, ...]:
    at = payment.updated_at if entry.kind is EntryKind.REFUND else payment.created_at
    written = (str(entry.kind), str(entry.outcome), entry.reference, entry.amount, entry.currency, entry.code)
    return (entry.key, *written, at)

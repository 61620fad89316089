"""Integrity checks of payments against orders, the journal and the daily revenue (contract, Commands).

Each check is one query, as in `orders.integrity`.
"""

from collections.abc import Callable
from datetime import UTC

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import TruncDate

from events.integrity import Ids, IntegrityCheck, run_checks
from events.models import AuditEvent, EntityType
from orders.states import Status
from payments.history import ACTIONS
from payments.models import CENTS, DailyRevenue, Payment

_IS_OWED = Q(refund_requested_at__isnull=False) & ~Q(status=Payment.Status.REFUNDED)
_IS_KEPT = Q(refund_requested_at__isnull=True, status=Payment.Status.SUCCEEDED)
_IS_OPEN = Q(status__in=Payment.OPEN)


def run_payment_checks() -> list[IntegrityCheck]:
    """Run all checks of payments and return them with what they found."""
    return run_checks(_CHECKS)


def _find_payments_without_event() -> Ids:
    found: Ids = (
        _all_payments().exclude(_IS_OPEN).values_list("pk", "status", "tenant_id").difference(_list_recorded_statuses())
    )
    return found


def _find_events_without_payment() -> Ids:
    """A REFUNDED payment has an earlier event, too; every other payment has the event of its status only."""
    true = Q(status=OuterRef("reached")) | Q(status=Payment.Status.REFUNDED)
    payments = _all_payments().filter(true, tenant_id=OuterRef("tenant_id"), pk=OuterRef("entity_id"))
    found: Ids = _list_recorded_statuses().filter(~Exists(payments))
    return found


def _find_duplicate_events() -> Ids:
    twice: Ids = _list_recorded_statuses().annotate(number=Count("pk")).filter(number__gt=1)
    return twice


def _find_wrong_amounts() -> Ids:
    return _all_payments().exclude(amount=F("order__total_amount"), currency=F("order__currency")).values_list("pk")


def _find_payments_kept_for_cancelled_orders() -> Ids:
    return _all_payments().filter(_IS_OPEN | _IS_KEPT, order__status=Status.CANCELLED).values_list("pk")


def _find_paid_orders_not_approved() -> Ids:
    return _all_payments().filter(_IS_KEPT, order__status=Status.PLACED).values_list("pk")


def _find_payments_without_due_time() -> Ids:
    return _all_payments().filter(_IS_OPEN | _IS_OWED, due_at=None).values_list("pk")


def _find_revenue_missing_from_totals() -> Ids:
    return _sum_payments_by_day().difference(_sum_totals_by_day())


def _find_totals_without_revenue() -> Ids:
    return _sum_totals_by_day().difference(_sum_payments_by_day())


def _sum_payments_by_day() -> Ids:
    """Sum up the payments of each day that are not to be refunded."""
    made = Payment.objects.kept().order_by().annotate(day=TruncDate("created_at", tzinfo=UTC)).values_list(*_DAY)
    counted: Ids = made.annotate(number=Count("pk"), worth=Sum(CENTS))
    return counted


def _sum_totals_by_day() -> Ids:
    """Return the same sums from the daily revenue."""
    lines = DailyRevenue.objects.order_by().values_list(*_DAY)
    totals: Ids = lines.annotate(number=Sum("payments"), worth=Sum("cents")).exclude(number=0, worth=0)
    return totals


_DAY = ("tenant_id", "day", "currency")


def _all_payments() -> "QuerySet[Payment]":
    payments: QuerySet[Payment] = Payment.objects.order_by()
    return payments


def _list_recorded_statuses() -> Ids:
    """List the statuses that payments have reached according to the journal."""
    reached = KeyTextTransform("status", KeyTextTransform("payment", "details"))
    events = AuditEvent.objects.order_by().filter(entity_type=EntityType.PAYMENTS, action__in=ACTIONS.values())
    statuses: Ids = events.annotate(reached=reached).values_list("entity_id", "reached", "tenant_id")
    return statuses


_CHECKS: dict[str, Callable[[], Ids]] = {
    "Every payment that is settled has its event": _find_payments_without_event,
    "Every event of a payment has its payment": _find_events_without_payment,
    "No payment has two events of one status": _find_duplicate_events,
    "Every payment is of its order's total": _find_wrong_amounts,
    "No cancelled order keeps a payment": _find_payments_kept_for_cancelled_orders,
    "No paid order waits to be approved": _find_paid_orders_not_approved,
    "Every open payment and every refund is due": _find_payments_without_due_time,
    "Every payment that is kept is in the revenue of its day": _find_revenue_missing_from_totals,
    "The revenue of a day has no payment too many": _find_totals_without_revenue,
}

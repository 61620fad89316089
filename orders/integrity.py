"""Checks that orders, their transitions, the journal and the pets agree (contract, Commands).

Each check is one query over all tenants; payments have checks of their own in `payments.integrity`.
"""

from collections.abc import Callable
from datetime import UTC

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Lag, TruncDate

from events.integrity import Ids, IntegrityCheck, run_checks
from events.models import Action, AuditEvent, EntityType
from orders.models import CENTS, DailyOrderTotals, Order, OrderCount, OrderTransition
from orders.states import INITIAL, allowed_steps
from pets.models import Pet

STEP_ACTIONS = (Action.ORDER_CREATED, Action.ORDER_STATUS_CHANGED, Action.ORDER_CANCELLED)


def run_order_checks() -> list[IntegrityCheck]:
    """Run every check of orders and return what each has found."""
    return run_checks(_CHECKS)


def _find_orders_unlike_their_history() -> Ids:
    steps = OrderTransition.objects.filter(tenant_id=OuterRef("tenant_id"), order_id=OuterRef("pk"))
    last = steps.order_by("-pk").values("to_status")[:1]
    orders: QuerySet[Order] = Order.objects.order_by().annotate(last=Coalesce(Subquery(last), Value("")))
    found: Ids = orders.exclude(status=F("last")).values_list("pk")
    return found


def _find_broken_histories() -> Ids:
    before = Window(Lag("to_status", default=Value("")), partition_by=F("order_id"), order_by=F("pk").asc())
    known = Q(from_status="", to_status=INITIAL)
    for source, target in allowed_steps():
        known |= Q(from_status=source, to_status=target)
    steps = OrderTransition.objects.order_by().annotate(before=before)
    return steps.filter(~Q(from_status=F("before")) | ~known).values_list("order_id")


def _find_steps_without_event() -> Ids:
    return _list_recorded_steps().difference(_list_step_events())


def _find_events_without_step() -> Ids:
    return _list_step_events().difference(_list_recorded_steps())


def _find_duplicate_events() -> Ids:
    twice: Ids = _list_step_events().annotate(number=Count("pk")).filter(number__gt=1)
    return twice


def _find_unsealed_events() -> Ids:
    found: Ids = AuditEvent.objects.order_by().filter(chain_link=None, pending=None).values_list("pk")
    return found


def _find_wrong_order_counts() -> Ids:
    placed = Order.objects.order_by().filter(tenant_id=OuterRef("tenant_id")).values("tenant_id")
    tallies = OrderCount.objects.order_by().values("tenant_id").annotate(tallied=Sum("counted"))
    counted = Subquery(placed.annotate(orders=Count("pk")).values("orders"))
    wrong: Ids = tallies.exclude(tallied=counted).values_list("tenant_id")
    return wrong


def _find_orders_missing_from_totals() -> Ids:
    return _sum_orders_by_day().difference(_sum_totals_by_day())


def _find_totals_without_orders() -> Ids:
    return _sum_totals_by_day().difference(_sum_orders_by_day())


def _find_orders_without_held_pet() -> Ids:
    return _list_ordered_pets().difference(_list_held_pets())


def _find_held_pets_without_order() -> Ids:
    return _list_held_pets().difference(_list_ordered_pets())


def _list_recorded_steps() -> Ids:
    """Return which order reached which status by its transitions; no order reaches one twice."""
    steps: Ids = OrderTransition.objects.order_by().values_list("order_id", "to_status", "tenant_id")
    return steps


def _list_step_events() -> Ids:
    """Return the same by the journal's events."""
    reached = KeyTextTransform("status", KeyTextTransform("order", "details"))
    events = AuditEvent.objects.order_by().filter(entity_type=EntityType.ORDERS, action__in=STEP_ACTIONS)
    recorded: Ids = events.annotate(reached=reached).values_list("entity_id", "reached", "tenant_id")
    return recorded


def _sum_orders_by_day() -> Ids:
    """Return the number and worth of the orders of each day and status, by the orders themselves."""
    lines = Order.objects.order_by().annotate(day=TruncDate("created_at", tzinfo=UTC)).values_list(*_DAY)
    counted: Ids = lines.annotate(number=Count("pk"), worth=Sum(CENTS))
    return counted


def _sum_totals_by_day() -> Ids:
    """Return the same by the daily totals."""
    lines = DailyOrderTotals.objects.order_by().values_list(*_DAY)
    totals: Ids = lines.annotate(number=Sum("orders"), worth=Sum("cents")).exclude(number=0, worth=0)
    return totals


_DAY = ("tenant_id", "day", "status", "currency")


def _list_ordered_pets() -> Ids:
    pets: Ids = Order.objects.order_by().open().values_list("pet_id", "tenant_id")
    return pets


def _list_held_pets() -> Ids:
    pets: Ids = Pet.objects.order_by().filter(is_held=True).values_list("pk", "tenant_id")
    return pets


_CHECKS: dict[str, Callable[[], Ids]] = {
    "Every order stands where its history ends": _find_orders_unlike_their_history,
    "Every history is a walk along the state table": _find_broken_histories,
    "Every step has its event": _find_steps_without_event,
    "Every event of an order has its step": _find_events_without_step,
    "No step is told twice": _find_duplicate_events,
    "Every event is sealed or waits for it": _find_unsealed_events,
    "Every tenant's order count is the number of its orders": _find_wrong_order_counts,
    "Every order is in the totals of its day": _find_orders_missing_from_totals,
    "The totals of a day have no order too many": _find_totals_without_orders,
    "Every open order holds its pet": _find_orders_without_held_pet,
    "Every pet that is held has an open order": _find_held_pets_without_order,
}

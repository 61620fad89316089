"""Do orders, their histories, the journal and the pets tell the same story? (contract, verify_journal)

Each check is one query over all tenants that the database answers; only disagreements come back.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias
from uuid import UUID

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, Window
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce, Lag

from events.models import Action, EntityType, Event
from orders.models import Order, OrderTally, OrderTransition
from orders.states import INITIAL, edges
from pets.models import Pet
from tenants.scoping import all_tenants

STEP_ACTIONS = (Action.ORDER_CREATED, Action.ORDER_STATUS_CHANGED, Action.ORDER_CANCELLED)


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that must hold, and the rows for which it does not.

    Attributes:
        claim: what holds, as a sentence.
        broken: the ids of what is wrong, at most `LIMIT`.
    """

    claim: str
    broken: tuple[str, ...]


LIMIT = 1000
_Ids: TypeAlias = "QuerySet[Any, UUID | None]"


def checks() -> list[Check]:
    """Every check with what it found."""
    with all_tenants(reason="verify the journal"):
        return [Check(claim, tuple(map(str, find()[:LIMIT]))) for claim, find in _CHECKS.items()]


def _status_differs() -> _Ids:
    last = _transitions_of("pk").order_by("-pk").values("to_status")[:1]
    orders: QuerySet[Order] = Order.objects.order_by().annotate(last=Coalesce(Subquery(last), Value("")))
    found: _Ids = orders.exclude(status=F("last")).values_list("pk", flat=True)
    return found


def _history_breaks() -> _Ids:
    before = Window(Lag("to_status", default=Value("")), partition_by=F("order_id"), order_by=F("pk").asc())
    known = Q(from_status="", to_status=INITIAL)
    for source, target in edges():
        known |= Q(from_status=source, to_status=target)
    steps = OrderTransition.objects.order_by().annotate(before=before)
    return steps.filter(~Q(from_status=F("before")) | ~known).values_list("order_id", flat=True)


def _step_without_event() -> _Ids:
    event = _step_events().filter(tenant_id=OuterRef("tenant_id"), entity_id=OuterRef("order_id"))
    told = Exists(event.filter(reached=OuterRef("to_status")))
    return OrderTransition.objects.order_by().filter(~told).values_list("order_id", flat=True)


def _event_without_step() -> _Ids:
    step = _transitions_of("entity_id").filter(to_status=OuterRef("reached"))
    return _step_events().filter(~Exists(step)).values_list("entity_id", flat=True)


def _event_told_twice() -> _Ids:
    event = _step_events().filter(tenant_id=OuterRef("tenant_id"), entity_id=OuterRef("entity_id"))
    twin = Exists(event.filter(reached=OuterRef("reached")).exclude(pk=OuterRef("pk")))
    return _step_events().filter(twin).values_list("entity_id", flat=True).distinct()


def _pet_disagrees() -> _Ids:
    holder = Order.objects.order_by().open().filter(tenant_id=OuterRef("tenant_id"), pet_id=OuterRef("pk"))
    is_wanted = Exists(holder)
    wrong = (Q(is_wanted=True) & (Q(is_held=False) | ~Q(status=Pet.Status.PENDING))) | Q(is_wanted=False, is_held=True)
    found: _Ids = Pet.objects.order_by().annotate(is_wanted=is_wanted).filter(wrong).values_list("pk", flat=True)
    return found


def _event_left_out() -> _Ids:
    found: _Ids = Event.objects.order_by().filter(seal=None, pending=None).values_list("pk", flat=True)
    return found


def _tally_differs() -> _Ids:
    placed = Order.objects.order_by().filter(tenant_id=OuterRef("tenant_id")).values("tenant_id")
    tallies = OrderTally.objects.order_by().values("tenant_id").annotate(tallied=Sum("counted"))
    counted = Subquery(placed.annotate(orders=Count("pk")).values("orders"))
    wrong: _Ids = tallies.exclude(tallied=counted).values_list("tenant_id", flat=True)
    return wrong


def _transitions_of(order: str) -> "QuerySet[OrderTransition]":
    return OrderTransition.objects.order_by().filter(tenant_id=OuterRef("tenant_id"), order_id=OuterRef(order))


def _step_events() -> "QuerySet[Any]":
    """The journal's entries of orders, each with the status that it says the order `reached`."""
    reached = KeyTextTransform("status", KeyTextTransform("order", "details"))
    steps = Event.objects.order_by().filter(entity_type=EntityType.ORDERS, action__in=STEP_ACTIONS)
    told: QuerySet[Any] = steps.annotate(reached=reached)
    return told


_CHECKS: dict[str, Callable[[], _Ids]] = {
    "Every order stands where its history ends": _status_differs,
    "Every history is a walk along the state table": _history_breaks,
    "Every step has its event": _step_without_event,
    "Every event of an order has its step": _event_without_step,
    "No step is told twice": _event_told_twice,
    "Every event is sealed or waits for it": _event_left_out,
    "Every tenant's tally is the number of its orders": _tally_differs,
    "Exactly the pets of open orders are held": _pet_disagrees,
}

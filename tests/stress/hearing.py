"""What a shop's endpoint has heard, held against the shop's journal."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from events.models import Action, AuditEvent, PendingEvent
from orders.integrity import STEP_ACTIONS
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import TenantFactory
from tests.server.server import wait_until
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import envelope_of
from tests.webhooks.sink import Received, Sink
from webhooks.models import Delivery

TOLD = (*STEP_ACTIONS, Action.PAYMENT_SUCCEEDED, Action.PAYMENT_FAILED)
"""What the shop's endpoint hears of."""


@dataclass(frozen=True)
class Findings:
    """What was heard of a shop's orders, held against its journal."""

    told: int
    lost: int
    phantoms: int
    repeats: int
    out_of_order: int

    def __str__(self) -> str:
        return (
            f"{self.told} events, {self.lost} lost, {self.phantoms} made up, {self.repeats} repeated, "
            f"{self.out_of_order} orders out of order"
        )


def findings(shop: Tenant, sink: Sink) -> Findings:
    """After all that waits has been delivered."""
    wait_for_the_rest(shop)
    with tenant_scope(shop.id):
        journal = set(AuditEvent.objects.filter(action__in=TOLD).values_list("pk", flat=True))
    heard = [envelope_of(request) for request in sink.received if _is_whole(request)]
    ids = [UUID(envelope["eventId"]) for envelope in heard]
    return Findings(
        told=len(journal),
        lost=len(journal - set(ids)),
        phantoms=len(set(ids) - journal),
        repeats=len(ids) - len(set(ids)),
        out_of_order=sum(map(_is_out_of_order, _told_of(heard).values())),
    )


def wait_for_the_rest(shop: Tenant) -> None:
    """Until all that has happened in the shop is told."""
    with tenant_scope(shop.id):
        wait_until(lambda: not (PendingEvent.objects.exists() or Delivery.objects.filter(status="PENDING").exists()))


def _is_whole(request: Received) -> bool:
    """A sender that is killed may leave the beginning of a request, which no receiver takes for one."""
    return len(request.body) == int(request.headers["Content-Length"])


def _told_of(heard: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    told: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    steps = [envelope for envelope in heard if envelope["eventType"] == EventType.ORDER_STATUS_CHANGED]
    for envelope in steps:
        told[envelope["data"]["order"]["id"]].append(envelope)
    return told


def _is_out_of_order(told: list[dict[str, Any]]) -> bool:
    """Whether a step, repeats of it aside, does not go on where the one before has ended."""
    steps = [next(repeats)["data"] for _, repeats in groupby(told, key=lambda envelope: envelope["eventId"])]
    ends = [None, *(step["newStatus"] for step in steps)]
    return [step["previousStatus"] for step in steps] != ends[:-1]


def open_shop(sink: Sink) -> Tenant:
    """One that anybody may buy from, and an endpoint at the sink that hears of its orders."""
    shop: Tenant = TenantFactory.create(access=Tenant.Access.OPEN)
    subscribe_endpoint(
        shop, sink.url(), EventType.ORDER_STATUS_CHANGED, EventType.PAYMENT_SUCCEEDED, EventType.PAYMENT_FAILED
    )
    return shop

"""Workers that are killed, and a link that is cut, amid what they publish; and what a subscriber has of it."""

import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from random import Random

from events.models import AuditEvent
from events.queries import count_pending_events
from kernel.actor import SYSTEM
from orders.services.transitions import approve_order
from payments.services.order_transitions import cancel_order
from public_events.payloads import build_event_payloads
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests import processes
from tests.factories import OrderFactory
from tests.mqtt.elsewhere import run_worker
from tests.mqtt.links import Link
from tests.mqtt.publishing import list_outbox
from tests.mqtt.subscriber import Heard, Subscriber
from tests.server.server import wait_until

LEASE_SECONDS = 2
STEPS = ["PLACED", "APPROVED", "CANCELLED"]


@dataclass(frozen=True, slots=True)
class Findings:
    """What a subscriber has of a shop's events."""

    told: int
    repeats: int
    lost: int
    phantoms: int
    out_of_order: int


def kill_workers_amid_events(link: Link, prefix: str, shop: Tenant, *, kills: int, orders: int = 5) -> None:
    """Kill a worker at any moment, so often, every other time with the link cut; the last one finishes."""
    dice = Random(1)
    for number in range(kills):
        with processes.running(run_worker, link.url, prefix, LEASE_SECONDS) as worker:
            trade(shop, orders)
            time.sleep(dice.uniform(0, 0.5))
            if number % 2:
                link.cut()
                time.sleep(dice.uniform(0, 0.2))
                link.mend()
                time.sleep(dice.uniform(0, 1.5))
            worker.kill()
    with processes.running(run_worker, link.url, prefix, LEASE_SECONDS):
        wait_until(lambda: not find_unsealed() and list_outbox() == [])


def trade(shop: Tenant, orders: int) -> None:
    """Orders that are placed, approved and cancelled."""
    placed = [OrderFactory.create(tenant=shop) for _ in range(orders)]
    with tenant_scope(shop.id):
        for order in placed:
            approve_order(order_id=order.id, actor=SYSTEM)
            cancel_order(order_id=order.id, actor=SYSTEM)


def find_unsealed() -> bool:
    """Whether an event waits for the relay."""
    return count_pending_events() > 0


def compare_with_journal(shop: Tenant, subscriber: Subscriber) -> Findings:
    """Wait until all that the shop's journal tells was heard, as long as the subscriber has patience."""
    with all_tenants(reason="test"):
        events = AuditEvent.objects.filter(tenant_id=shop.id)
        due = {str(payload.id) for event in events for payload in build_event_payloads(event)}
    heard = subscriber.wait_for_events(due)
    seen = {each.event_id for each in heard}
    pairs = {(each.topic, each.event_id) for each in heard}
    return Findings(len(due), len(heard) - len(pairs), len(due - seen), len(seen - due), count_disordered_orders(heard))


def count_disordered_orders(heard: Sequence[Heard]) -> int:
    """The orders whose steps were not heard in order; the same step again before the next one is none."""
    steps: defaultdict[str, list[str]] = defaultdict(list)
    for each in heard:
        if each.labels["eventType"] == "order.statusChanged":
            steps[each.data["order"]["id"]].append(each.data["newStatus"])
    return sum([step for step, _ in groupby(told)] != STEPS for told in steps.values())

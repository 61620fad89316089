"""A worker that was frozen for longer than its lease sends nothing that is another's by now (guarantees, G5)."""

import signal
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from kernel.actor import SYSTEM
from orders.models import Order
from orders.services.transitions import approve_order
from pets.models import Pet
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.factories import OrderFactory
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import deliver_all_due, deliveries_to, publish_all_events, received_envelopes
from tests.webhooks.elsewhere import claim_freeze_and_send, claim_freeze_and_send_unseen
from tests.webhooks.processes import running_process
from tests.webhooks.sink import Sink
from tests.webhooks.test_claims import lease_over
from webhooks.delivery.attempts import send_claimed_delivery
from webhooks.delivery.claims import (
    LEASE,
    ClaimedDelivery,
    ClaimLost,
    claim_due_deliveries,
    load_claimed_delivery,
    renew_old_lease,
)
from webhooks.delivery.in_flight import in_flight_deliveries
from webhooks.delivery.results import settle_attempts
from webhooks.delivery.tasks import deliver_claimed as deliver_task
from webhooks.models import Attempt, Delivery, Endpoint

LEASE_SECONDS = 2


@pytest.fixture
def hook(acme: Tenant, sink: Sink) -> Endpoint:
    """Acme's endpoint at the sink, which hears of orders."""
    return subscribe_endpoint(acme, sink.url(), EventType.ORDER_STATUS_CHANGED)


def _heard_with_a_frozen_worker(hook: Endpoint, sink: Sink, rex: Pet, work: Callable[[int], None]) -> list[str]:
    """The statuses that the sink has heard: one worker claims PLACED and is frozen, another one goes on."""
    order: Order = OrderFactory.create(pet=rex)
    publish_all_events()
    with running_process(sink, work, LEASE_SECONDS) as frozen:
        assert frozen.heard() == "claimed"
        lease_over(hook)
        with tenant_scope(order.tenant_id):
            approve_order(order_id=order.id, actor=SYSTEM)
        deliver_all_due()
        time.sleep(LEASE_SECONDS)
        frozen.send_signal(signal.SIGCONT)
        assert frozen.heard() == "done"
    return [envelope["data"]["newStatus"] for envelope in received_envelopes(sink)]


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_wakes_after_its_lease_sends_nothing(hook: Endpoint, sink: Sink, rex: Pet) -> None:
    assert _heard_with_a_frozen_worker(hook, sink, rex, claim_freeze_and_send) == ["PLACED", "APPROVED"]
    assert {one.status for one in deliveries_to(hook)} == {"SUCCEEDED"}


@pytest.mark.django_db(transaction=True)
def test_without_the_look_it_tells_again_what_is_no_longer_so(hook: Endpoint, sink: Sink, rex: Pet) -> None:
    assert _heard_with_a_frozen_worker(hook, sink, rex, claim_freeze_and_send_unseen) == [
        "PLACED",
        "APPROVED",
        "PLACED",
    ]


@pytest.fixture
def claimed(hook: Endpoint, rex: Pet) -> ClaimedDelivery:
    OrderFactory.create(pet=rex)
    publish_all_events()
    (found,) = claim_due_deliveries({hook.id: 9})
    return found


@pytest.mark.parametrize("clock", ["wall", "monotonic"])
def test_a_lease_is_old_by_whichever_clock_says_so(claimed: ClaimedDelivery, clock: str) -> None:
    assert claimed.has_fresh_lease()
    assert not _aged(claimed, by=clock).has_fresh_lease()


def _aged(claimed: ClaimedDelivery, *, by: str = "wall") -> ClaimedDelivery:
    """As if it had been claimed more than a third of a lease ago."""
    age = LEASE / 2
    return (
        replace(claimed, claimed_at=claimed.claimed_at - age)
        if by == "wall"
        else replace(claimed, monotonic_at=claimed.monotonic_at - age.total_seconds())
    )


def test_an_old_lease_that_is_still_ours_begins_anew(claimed: ClaimedDelivery, hook: Endpoint, sink: Sink) -> None:
    with all_tenants(reason="test"):
        Delivery.objects.update(due_at=claimed.claimed_at + timedelta(seconds=1))
    settle_attempts([send_claimed_delivery(_aged(claimed))])
    assert len(sink.received) == 1
    assert [one.status for one in deliveries_to(hook)] == ["SUCCEEDED"]


def test_one_that_begins_anew_is_nobody_elses(claimed: ClaimedDelivery, hook: Endpoint) -> None:
    lease_over(hook)
    renew_old_lease(_aged(claimed))
    assert claim_due_deliveries({hook.id: 9}) == []


def test_one_that_is_anothers_is_not_sent_and_leaves_no_trace(
    claimed: ClaimedDelivery, hook: Endpoint, sink: Sink
) -> None:
    lease_over(hook)
    (others,) = claim_due_deliveries({hook.id: 9})
    late = _aged(claimed)
    with pytest.raises(ClaimLost):
        send_claimed_delivery(late)
    in_flight_deliveries.add_claimed_delivery(late)
    deliver_task.call(str(late.delivery_id), str(late.claim))
    assert sink.count_connections() == 0
    with all_tenants(reason="test"):
        assert not Attempt.objects.exists()
    renew_old_lease(others)


def test_a_fresh_lease_costs_no_query(claimed: ClaimedDelivery) -> None:
    with CaptureQueriesContext(connection) as queries:
        send_claimed_delivery(claimed)
    assert len(queries) == 0


def test_a_claim_that_another_process_takes_up_is_as_old_as_it_is(claimed: ClaimedDelivery) -> None:
    with all_tenants(reason="test"):
        Delivery.objects.update(due_at=claimed.claimed_at + LEASE / 4)
    found = load_claimed_delivery(claimed.delivery_id, claimed.claim)
    assert found is not None
    assert not found.has_fresh_lease()

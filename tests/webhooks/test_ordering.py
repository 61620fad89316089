"""Of one order, every endpoint hears in order; what waits for nothing is not held up (contract, Webhooks)."""

import time
from threading import Event
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from pytest_django import Settings

from kernel.actor import SYSTEM
from orders.models import Order
from orders.services.transitions import approve_order
from payments.services.order_transitions import cancel_order
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.concurrency import PATIENCE, run_together
from tests.databases import owner_connection
from tests.factories import OrderFactory, PetFactory
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import (
    deliver_all_due,
    deliveries_to,
    make_due_now,
    publish_all_events,
    received_envelopes,
)
from tests.webhooks.sink import Sink, answer_with, listening_sink
from webhooks.delivery.attempts import send_claimed_delivery
from webhooks.delivery.claims import claim_due_deliveries
from webhooks.delivery.results import settle_attempts
from webhooks.models import Delivery, Endpoint
from webhooks.services import fanout

STEPS = ["PLACED", "APPROVED", "CANCELLED"]


def moved(tenant: Tenant) -> Order:
    """An order that was placed, approved and cancelled."""
    order = OrderFactory.create(tenant=tenant)
    with tenant_scope(tenant.id):
        approve_order(order_id=order.id, actor=SYSTEM)
        cancel_order(order_id=order.id, actor=SYSTEM)
    return order


def steps_of(sink: Sink, order_id: UUID) -> list[Any]:
    told: list[Any] = [one["data"] for one in received_envelopes(sink) if one["eventType"] == "order.statusChanged"]
    return [step["newStatus"] for step in told if step["order"]["id"] == str(order_id)]


def test_the_steps_of_an_order_arrive_in_order(hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    orders = [moved(acme) for _ in range(3)]
    deliver_all_due()
    assert [steps_of(sink, order.id) for order in orders] == [STEPS] * 3


def test_a_step_that_fails_at_first_keeps_the_later_ones_back(hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    sink.behaviour = answer_with(500)
    order = moved(acme)
    deliver_all_due()
    sink.behaviour = answer_with()
    make_due_now(hook)
    deliver_all_due()
    assert steps_of(sink, order.id) == ["PLACED", *STEPS]
    assert {one.status for one in deliveries_to(hook)} == {"SUCCEEDED"}


def test_an_order_that_fails_does_not_keep_another_one_back(hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    sink.behaviour = answer_with(500)
    failing = moved(acme)
    deliver_all_due()
    sink.behaviour = answer_with()
    other = moved(acme)
    with tenant_scope(acme.id):
        Endpoint.objects.update(backoff_until=None)
    deliver_all_due()
    assert steps_of(sink, other.id) == STEPS
    assert steps_of(sink, failing.id) == ["PLACED"]


def test_an_endpoint_that_fails_does_not_keep_another_one_back(
    hook: Endpoint, acme: Tenant, sink: Sink, settings: Settings
) -> None:
    with listening_sink(answer_with(500)) as broken:
        settings.OUTBOUND_ALLOW = {sink.endpoint, broken.endpoint}
        failing = subscribe_endpoint(acme, broken.url(), EventType.ORDER_STATUS_CHANGED)
        moved(acme)
        deliver_all_due()
    assert {one.status for one in deliveries_to(hook)} == {"SUCCEEDED"}
    assert {one.status for one in deliveries_to(failing)} == {"PENDING"}


def test_the_next_goes_on_when_one_was_tried_in_vain_to_the_end(hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    order = moved(acme)
    publish_all_events()
    sink.behaviour = answer_with(500)
    with tenant_scope(acme.id):
        Delivery.objects.filter(ordering_key=order.pet_id).delete()
        Delivery.objects.filter(due_at__isnull=False).update(attempts_made=4)
    deliver_all_due()
    first, second, third = deliveries_to(hook)
    assert (first.status, second.due_at is None, third.due_at) == ("FAILED", False, None)


@pytest.mark.django_db(transaction=True)
def test_steps_that_are_told_while_others_are_settled_arrive(hook: Endpoint, acme: Tenant) -> None:
    orders = [OrderFactory.create(pet=PetFactory.create(tenant=acme)) for _ in range(8)]

    def move() -> None:
        with tenant_scope(acme.id):
            for order in orders:
                approve_order(order_id=order.id, actor=SYSTEM)
                publish_all_events()

    outcome = run_together([deliver_all_due, move])
    assert outcome.errors == []
    deliver_all_due()
    assert {one.status for one in deliveries_to(hook)} == {"SUCCEEDED"}


def next_is_due_after_a_race(hook: Endpoint, order: Order) -> bool:
    """Check that the second step is due if it is published while the first is settled, neither seeing the other."""
    with tenant_scope(order.tenant_id):
        Delivery.objects.exclude(ordering_key=order.id).delete()
    (first,) = claim_due_deliveries({hook.id: 1})
    with tenant_scope(order.tenant_id):
        approve_order(order_id=order.id, actor=SYSTEM)
    told, may_commit = Event(), Event()

    def tell_slowly() -> None:
        with all_tenants(reason="test"), transaction.atomic():
            publish_all_events()
            told.set()
            assert may_commit.wait(PATIENCE)

    def settle_meanwhile() -> None:
        assert told.wait(PATIENCE)
        settle_attempts([send_claimed_delivery(first)])
        may_commit.set()

    def watch() -> None:
        end = time.monotonic() + PATIENCE
        while not (may_commit.is_set() or somebody_waits_for_a_lock() or time.monotonic() > end):
            may_commit.wait(0.02)
        may_commit.set()

    outcome = run_together([tell_slowly, settle_meanwhile, watch])
    assert outcome.errors == []
    return deliveries_to(hook)[-1].due_at is not None


def somebody_waits_for_a_lock() -> bool:
    query = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    with owner_connection() as owner:  # the others see no waits of one another
        return owner.execute(query).fetchone() != (0,)


@pytest.fixture
def one_at_a_time() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("SQLite runs no two writers at once")


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_at_a_time")
def test_a_step_that_is_told_while_the_one_before_is_settled_is_due(hook: Endpoint, acme: Tenant) -> None:
    order = OrderFactory.create(tenant=acme)
    publish_all_events()
    assert next_is_due_after_a_race(hook, order)


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("one_at_a_time")
def test_without_the_lock_it_would_be_forgotten(hook: Endpoint, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    order = OrderFactory.create(tenant=acme)
    publish_all_events()
    monkeypatch.setattr(
        fanout, "_lock_subscribed_endpoints", lambda tenant_ids: {acme.id: [hook]} if acme.id in tenant_ids else {}
    )
    assert not next_is_due_after_a_race(hook, order)

"""Deliveries to paused endpoints and of suspended tenants wait."""

from collections.abc import Callable
from datetime import timedelta
from operator import attrgetter

import pytest

from accounts.models import User
from accounts.services.tenants import change_tenant
from kernel import clock
from kernel.actor import SYSTEM
from orders.models import Order
from orders.services.transitions import approve_order
from pets.models import Pet
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.commands.conftest import Run, run
from tests.factories import OrderFactory, acting
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import (
    deliver_all_due,
    deliveries_to,
    make_due_now,
    publish_all_events,
    received_envelopes,
)
from tests.webhooks.sink import Sink
from webhooks.models import Delivery, Endpoint
from webhooks.queries import read_oldest_due_time
from webhooks.services.endpoints import update_endpoint
from webhooks.services.redelivery import queue_redelivery

__all__ = ["run"]

ORDER = EventType.ORDER_STATUS_CHANGED.value
GIVEN_UP = "webhook deliveries that wait for a paused receiver or a suspended tenant"


@pytest.fixture
def hook(acme: Tenant, sink: Sink) -> Endpoint:
    """Acme's endpoint at the sink, which hears of orders."""
    return subscribe_endpoint(acme, sink.url(), ORDER)


def set_status(tenant: Tenant, status: str) -> None:
    change_tenant(tenant_id=tenant.id, name=tenant.name, access=tenant.access, status=status, actor=SYSTEM)


def suspend_tenant(hook: Endpoint) -> None:
    set_status(hook.tenant, Tenant.Status.SUSPENDED)


def pause_endpoint(hook: Endpoint) -> None:
    with tenant_scope(hook.tenant_id):
        update_endpoint(endpoint_id=hook.pk, url=hook.url, events=hook.events, status="PAUSED", actor=SYSTEM)


def resume_endpoint(hook: Endpoint) -> None:
    with tenant_scope(hook.tenant_id):
        update_endpoint(endpoint_id=hook.pk, url=hook.url, events=hook.events, status="ACTIVE", actor=SYSTEM)


def approved(pet: Pet) -> Order:
    order = OrderFactory.create(pet=pet)
    with tenant_scope(pet.tenant_id):
        return approve_order(order_id=order.id, actor=SYSTEM)


def aged(hook: Endpoint, days: int, *, only_first: bool = False) -> list[Delivery]:
    """As if its deliveries were made so many days ago; in their order."""
    orders = sorted(deliveries_to(hook), key=attrgetter("sequence"))
    chosen = orders[:1] if only_first else orders
    with tenant_scope(hook.tenant_id):
        Delivery.objects.filter(pk__in=[one.pk for one in chosen]).update(created_at=clock.now() - timedelta(days=days))
    return orders


def steps(sink: Sink) -> list[str]:
    return [envelope["data"]["newStatus"] for envelope in received_envelopes(sink)]


def test_a_suspended_tenants_webhooks_wait_and_go_out_in_order_when_it_is_active_again(
    hook: Endpoint, sink: Sink, acme: Tenant, rex: Pet
) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    suspend_tenant(hook)
    with tenant_scope(acme.id):
        approve_order(order_id=Order.objects.get().id, actor=SYSTEM)
    deliver_all_due()
    assert sink.received == []
    set_status(acme, Tenant.Status.ACTIVE)
    deliver_all_due()
    assert steps(sink) == ["PLACED", "APPROVED"]


def test_a_suspended_tenants_webhooks_make_no_worker_late(hook: Endpoint, acme: Tenant, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    assert read_oldest_due_time() is not None
    suspend_tenant(hook)
    assert read_oldest_due_time() is None


@pytest.mark.parametrize("stop", [pause_endpoint, suspend_tenant])
def test_what_has_waited_for_a_month_is_given_up_and_can_be_sent_again(
    run: Run, hook: Endpoint, sink: Sink, rex: Pet, sam: User, stop: Callable[[Endpoint], None]
) -> None:
    approved(rex)
    publish_all_events()
    stop(hook)
    first, second = aged(hook, 31)
    assert run("purge", "--waiting", "--dry-run") == f"2 {GIVEN_UP} would be given up.\n"
    assert run("purge", "--waiting") == f"2 {GIVEN_UP} given up.\n"
    found = {one.pk: (one.status, one.due_at) for one in deliveries_to(hook)}
    assert found[first.pk] == found[second.pk] == ("FAILED", None)
    set_status(hook.tenant, Tenant.Status.ACTIVE)
    resume_endpoint(hook)
    with tenant_scope(hook.tenant_id):
        queue_redelivery(delivery_id=second.pk, actor=acting(sam))
    deliver_all_due()
    assert steps(sink) == ["APPROVED"]


def test_what_came_behind_it_is_next_and_young(run: Run, hook: Endpoint, sink: Sink, rex: Pet) -> None:
    approved(rex)
    publish_all_events()
    pause_endpoint(hook)
    aged(hook, 31, only_first=True)
    run("purge", "--waiting")
    resume_endpoint(hook)
    deliver_all_due()
    assert steps(sink) == ["APPROVED"]


def test_what_waits_for_its_next_attempt_at_an_active_endpoint_stays(run: Run, hook: Endpoint, rex: Pet) -> None:
    approved(rex)
    publish_all_events()
    aged(hook, 31)
    assert run("purge", "--waiting") == f"0 {GIVEN_UP} given up.\n"
    make_due_now(hook)
    assert {one.status for one in deliveries_to(hook)} == {"PENDING"}

"""The outbox: what is written to it, in which order it is claimed, and what ends it (contract, MQTT)."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.services.tenants import change_tenant
from events.models import Action
from kernel import clock
from kernel.actor import SYSTEM
from mqtt import queue_lock
from mqtt.delivery import outcomes as outcomes_module
from mqtt.delivery.claims import claim_due_events
from mqtt.delivery.outcomes import AT_ONCE, Outcome, settle_event_outcomes
from mqtt.models import OutgoingEvent
from mqtt.queries import count_pending_events
from mqtt.services import fanout
from orders.services.transitions import approve_order
from payments.services.order_transitions import cancel_order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.client import Client
from tests.factories import OrderFactory, PetFactory
from tests.mqtt.publishing import list_outbox, queue_all_events
from tests.webhooks.test_quarantine import write_poison
from tests.webhooks.test_watching import read_metric

pytestmark = pytest.mark.django_db
NOBODY_LISTENS = "mqtt://127.0.0.1:1"


@pytest.fixture(autouse=True)
def _named_broker(settings: Settings) -> None:
    settings.MQTT_URL = NOBODY_LISTENS


def settle_all_due() -> int:
    """Settle all that is due as if the broker had taken it, and return how much that was."""
    claimed = claim_due_events(100)
    settle_event_outcomes([Outcome(one) for one in claimed])
    return len(claimed)


def _change_status(tenant: Tenant, status: Tenant.Status) -> None:
    change_tenant(tenant_id=tenant.id, name=tenant.name, access=tenant.access, status=status, actor=SYSTEM)


def test_nothing_is_written_while_no_broker_is_named(settings: Settings, rex: Pet) -> None:
    settings.MQTT_URL = ""
    OrderFactory.create(pet=rex)
    queue_all_events()
    assert list_outbox() == []


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_is_not_written(acme: Tenant) -> None:
    with transaction.atomic():
        OrderFactory.create(tenant=acme)
        transaction.set_rollback(True)
    queue_all_events()
    assert list_outbox() == []


def test_an_event_that_cannot_be_read_is_left_out_and_the_others_go_on(acme: Tenant, rex: Pet) -> None:
    bad = write_poison(acme, {})
    OrderFactory.create(pet=rex)
    queue_all_events()
    assert len(list_outbox()) == 2
    assert bad.action in Action.values
    assert bad.id not in {row.id for row in list_outbox()}


def test_events_of_a_suspended_tenant_wait_until_it_is_active_again(acme: Tenant, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    queue_all_events()
    _change_status(acme, Tenant.Status.SUSPENDED)
    queue_all_events()
    assert claim_due_events(100) == []
    assert count_pending_events() == 2
    _change_status(acme, Tenant.Status.ACTIVE)
    assert len(claim_due_events(100)) == 2


def test_of_one_order_only_the_oldest_event_is_due(rex: Pet) -> None:
    order = OrderFactory.create(pet=rex)
    with tenant_scope(order.tenant_id):
        approve_order(order_id=order.id, actor=SYSTEM)
        queue_all_events()
        cancel_order(order_id=order.id, actor=SYSTEM)
    queue_all_events()
    of_order = [row.due_at is None for row in list_outbox() if row.ordering_key == order.id]
    of_pet = [row.due_at is None for row in list_outbox() if row.ordering_key == rex.id]
    assert (of_order, of_pet) == ([False, True, True], [False, True])
    assert [settle_all_due() for _ in range(4)] == [2, 2, 1, 0]
    assert list_outbox() == []


def test_two_workers_do_not_claim_the_same_event(rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    queue_all_events()
    assert len(claim_due_events(100)) == 2
    assert claim_due_events(100) == []


def test_whoever_has_lost_the_lease_settles_nothing(rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    queue_all_events()
    late = claim_due_events(100)
    with all_tenants(reason="test"):
        OutgoingEvent.objects.update(due_at=clock.now())
    again = claim_due_events(100)
    settle_event_outcomes([Outcome(late[0]), Outcome(late[1], AT_ONCE)])
    assert {row.claim for row in list_outbox()} == {again[0].claim}


def test_a_refused_event_waits_and_holds_up_only_its_own_key(rex: Pet) -> None:
    order = OrderFactory.create(pet=rex)
    with tenant_scope(order.tenant_id):
        cancel_order(order_id=order.id, actor=SYSTEM)
    queue_all_events()
    refused, taken = claim_due_events(100)
    settle_event_outcomes([Outcome(refused, timedelta(seconds=8), "Not authorized"), Outcome(taken)])
    (next_one,) = claim_due_events(100)
    assert next_one.event_type == taken.event_type
    (held, _, _) = sorted(list_outbox(), key=lambda row: (row.id != refused.event_id, row.sequence))
    assert (held.attempts_made, held.claim) == (1, None)
    assert held.due_at is not None
    assert held.due_at > clock.now() + timedelta(seconds=6)


def test_what_waits_is_counted_in_the_metrics(api: Client, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    queue_all_events()
    assert count_pending_events() == 2
    assert read_metric(api, "petstore_mqtt_pending") == 2
    settle_all_due()
    assert read_metric(api, "petstore_mqtt_pending") == 0


def count_queries(work: Callable[[], object]) -> int:
    with CaptureQueriesContext(connection) as queries:
        work()
    return len(queries)


def test_a_batch_costs_as_many_queries_as_one_event(acme: Tenant) -> None:
    counts = []
    for orders in (1, 10):
        for _ in range(orders):
            OrderFactory.create(pet=PetFactory.create(tenant=acme))
        counts.append((count_queries(queue_all_events), count_queries(settle_all_due)))
    assert counts[0] == counts[1]


def settle_while_another_is_added(order_id: object, add: Callable[[], None]) -> list[OutgoingEvent]:
    """Settle an order's last event while a transaction that adds its next one is open; return what is left."""
    claimed = claim_due_events(100)

    def settle() -> None:
        settle_event_outcomes([Outcome(one) for one in claimed])
        connections.close_all()

    thread = threading.Thread(target=settle)
    with all_tenants(reason="test"), transaction.atomic():
        add()
        queue_all_events()
        thread.start()
        thread.join(1.0)
    thread.join(20)
    return [row for row in list_outbox() if row.ordering_key == order_id]


on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time anyway")


@on_postgresql
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_locked", [True, False], ids=["with the lock", "without: the control"])
def test_no_event_waits_behind_one_that_is_settled_meanwhile(
    monkeypatch: pytest.MonkeyPatch, rex: Pet, is_locked: bool
) -> None:
    if not is_locked:
        for module in (outcomes_module, fanout):
            monkeypatch.setattr(module, queue_lock.lock_event_queue.__name__, lambda: None)
    order = OrderFactory.create(pet=rex)
    queue_all_events()

    def add() -> None:
        with tenant_scope(order.tenant_id):
            approve_order(order_id=order.id, actor=SYSTEM)

    (left,) = settle_while_another_is_added(order.id, add)
    assert (left.due_at is not None) == is_locked

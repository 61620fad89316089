"""The relay hands every committed event to every publisher, once and in order, or to none of them."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from django.db import transaction

from events.hash_chain import find_first_broken_link
from events.models import Action, AuditEvent, ChainLink, EntityType, PendingEvent
from events.queries import list_quarantined_events
from kernel import clock
from kernel.actor import SYSTEM
from orders.services.transitions import approve_order
from pets.models import Pet
from public_events.relay import OutboxEvent, Publisher, publish_pending_events
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.factories import OrderFactory, PetFactory
from webhooks.models import Message

pytestmark = pytest.mark.django_db


class Outage(Exception):
    """A publisher that cannot take anything over."""


class ListPublisher:
    """Keeps the payloads that it takes over in memory."""

    def __init__(self) -> None:
        self.payload_ids: list[UUID] = []
        self.batches = 0

    def __call__(self, events: Sequence[OutboxEvent]) -> None:
        self.batches += 1
        self.payload_ids += [payload.id for event in events for payload in event.read_payloads()]


class TablePublisher:
    """Writes the payloads that it takes over into a table, as every real publisher does, and may break down."""

    def __init__(self) -> None:
        self.is_broken = False

    def __call__(self, events: Sequence[OutboxEvent]) -> None:
        for event in events:
            for payload in event.read_payloads():
                Message(
                    id=payload.id,
                    tenant_id=event.tenant_id,
                    event_type=payload.event_type,
                    body=payload.body,
                    created_at=clock.now(),
                ).save(force_insert=True)
        if self.is_broken:
            raise Outage

    @property
    def payload_ids(self) -> list[UUID]:
        with all_tenants(reason="test"):
            return list(Message.objects.order_by("pk").values_list("pk", flat=True))


def pending_count() -> int:
    with all_tenants(reason="test"):
        return PendingEvent.objects.count()


def sealed_count() -> int:
    with all_tenants(reason="test"):
        return ChainLink.objects.count()


def publish_all(*publishers: Publisher) -> None:
    while publish_pending_events(publishers):
        pass


@pytest.fixture
def outbox(acme: Tenant, globex: Tenant) -> list[UUID]:
    """The ids of the first payloads of events of two tenants, in the order in which they were written."""
    publish_all()
    for tenant in (acme, globex, acme):
        order = OrderFactory.create(pet=PetFactory.create(tenant=tenant))
        with tenant_scope(tenant.id):
            approve_order(order_id=order.id, actor=SYSTEM)
    with all_tenants(reason="test"):
        waiting = PendingEvent.objects.order_by("pk").select_related("event")
        told = (Action.ORDER_CREATED, Action.ORDER_STATUS_CHANGED)
        return [row.event_id for row in waiting if row.event.action in told]


def test_two_publishers_get_each_event_once_and_in_order(outbox: list[UUID]) -> None:
    first, second = ListPublisher(), ListPublisher()
    publish_all(first, second)
    publish_all(first, second)
    assert [one for one in first.payload_ids if one in outbox] == outbox
    assert first.payload_ids == second.payload_ids
    assert len(first.payload_ids) == len(set(first.payload_ids))
    assert pending_count() == 0


def test_events_that_come_in_several_batches_keep_their_order(outbox: list[UUID]) -> None:
    first, second = ListPublisher(), ListPublisher()
    while publish_pending_events([first, second], limit=2):
        pass
    assert first.batches > 2
    assert [one for one in first.payload_ids if one in outbox] == outbox
    assert first.payload_ids == second.payload_ids


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("broken_first", [True, False])
def test_nothing_is_lost_and_nothing_doubled_when_a_publisher_fails(outbox: list[UUID], broken_first: bool) -> None:
    healthy, failing = TablePublisher(), ListPublisher()
    sealed, waiting = sealed_count(), pending_count()

    def fail(events: Sequence[OutboxEvent]) -> None:
        failing(events)
        raise Outage

    with pytest.raises(Outage):
        publish_pending_events([fail, healthy] if broken_first else [healthy, fail])
    assert healthy.payload_ids == []
    assert (sealed_count(), pending_count()) == (sealed, waiting)
    failing.payload_ids.clear()
    publish_all(healthy, failing)
    assert [one for one in failing.payload_ids if one in outbox] == outbox
    assert sorted(healthy.payload_ids) == sorted(failing.payload_ids)
    assert find_first_broken_link() is None


@pytest.mark.django_db(transaction=True)
def test_without_the_one_transaction_a_failure_would_double_what_another_has_taken_over(outbox: list[UUID]) -> None:
    """The negative control: a publisher that does not write into the relay's transaction gets the batch again."""
    healthy, failing = ListPublisher(), TablePublisher()
    failing.is_broken = True
    with pytest.raises(Outage):
        publish_pending_events([healthy, failing])
    failing.is_broken = False
    publish_all(healthy, failing)
    assert [one for one in healthy.payload_ids if one in outbox] == outbox * 2
    assert len(failing.payload_ids) == len(set(failing.payload_ids)) == len(healthy.payload_ids) / 2


def test_an_event_that_cannot_be_read_reaches_no_publisher_and_keeps_none_from_the_others(
    outbox: list[UUID], acme: Tenant, rex: Pet
) -> None:
    with tenant_scope(acme.id):
        bad = AuditEvent(action=Action.PAYMENT_SUCCEEDED, entity_type=EntityType.PAYMENTS, details={"order": None})
        bad.save()
        PendingEvent.objects.create(event=bad)
    OrderFactory.create(pet=rex)
    first, second = ListPublisher(), ListPublisher()
    publish_all(first, second)
    assert first.payload_ids == second.payload_ids
    assert bad.id not in first.payload_ids
    assert len([one for one in first.payload_ids if one in outbox]) == len(outbox)
    assert list_quarantined_events() == [bad.id]


@pytest.mark.django_db(transaction=True)
def test_an_event_of_a_rolled_back_change_reaches_no_publisher(outbox: list[UUID], acme: Tenant) -> None:
    publisher = ListPublisher()
    publish_all(publisher)
    before = len(publisher.payload_ids)
    with transaction.atomic():
        OrderFactory.create(tenant=acme)
        transaction.set_rollback(True)
    publish_all(publisher)
    assert len(publisher.payload_ids) == before


def test_events_are_sealed_where_there_is_no_publisher(outbox: list[UUID]) -> None:
    publish_all()
    assert pending_count() == 0
    assert sealed_count() >= len(outbox)

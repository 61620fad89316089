"""Which event tells whom what (contract, Webhooks), and that a rolled-back one tells nobody anything."""

from typing import Any
from uuid import uuid5

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from accounts.models import User
from events.models import ChainLink, EntityType, PendingEvent
from kernel import clock
from kernel.actor import SYSTEM
from orders.receipt_links import build_receipt_url
from orders.services.transitions import approve_order
from payments.gateways.sandbox import DECLINED_CARD
from payments.services.order_transitions import cancel_order
from pets.models import Pet
from pets.services.catalog import replace_pet
from pets.services.details import PetDetails
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import SHARED_POOL_ID, all_tenants, tenant_scope
from tests.factories import OrderFactory, PetFactory, acting
from tests.payments.paying import pay
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import (
    deliver_all_due,
    deliveries_to,
    events_about,
    publish_all_events,
    received_envelopes,
)
from tests.webhooks.sink import Sink
from webhooks.models import Delivery, Endpoint, Message

ORDER = EventType.ORDER_STATUS_CHANGED.value
PET = EventType.PET_STATUS_CHANGED.value


def envelopes_of_type(sink: Sink, event_type: str) -> list[dict[str, Any]]:
    return [envelope for envelope in received_envelopes(sink) if envelope["eventType"] == event_type]


def test_a_new_order_is_told_with_no_previous_status(hook: Endpoint, sink: Sink, alice: User, rex: Pet) -> None:
    order = OrderFactory.create(pet=rex, customer=alice)
    deliver_all_due()
    (event,) = events_about(order.id, order.tenant_id)
    at = clock.format_rfc3339(order.created_at)
    assert envelopes_of_type(sink, ORDER) == [
        {
            "eventId": str(event.id),
            "eventType": "order.statusChanged",
            "timestamp": at,
            "data": {
                "order": {
                    "id": str(order.id),
                    "petId": str(rex.id),
                    "userId": str(alice.id),
                    "status": "PLACED",
                    "totalAmount": "150.00",
                    "currency": "USD",
                    "createdAt": at,
                    "updatedAt": at,
                    "tenantId": str(order.tenant_id),
                },
                "previousStatus": None,
                "newStatus": "PLACED",
                "changedAt": at,
                "changedBy": "system",
            },
        }
    ]


def test_a_step_is_told_with_where_it_came_from_and_who_took_it(
    hook: Endpoint, sink: Sink, sam: User, in_acme: Tenant
) -> None:
    order = OrderFactory.create(tenant=in_acme)
    approve_order(order_id=order.id, actor=acting(sam))
    cancel_order(order_id=order.id, actor=acting(sam))
    deliver_all_due()
    steps = [one["data"] for one in envelopes_of_type(sink, ORDER)]
    assert [(step["previousStatus"], step["newStatus"], step["order"]["status"]) for step in steps] == [
        (None, "PLACED", "PLACED"),
        ("PLACED", "APPROVED", "APPROVED"),
        ("APPROVED", "CANCELLED", "CANCELLED"),
    ]
    assert [step["changedBy"] for step in steps[1:]] == [str(sam.id)] * 2


def test_the_pet_of_an_order_is_told_of_under_an_id_of_its_own(
    hook: Endpoint, sink: Sink, rex: Pet, in_acme: Tenant
) -> None:
    order = OrderFactory.create(pet=rex)
    cancel_order(order_id=order.id, actor=SYSTEM)
    deliver_all_due()
    events = events_about(order.id, order.tenant_id)
    assert [one["eventId"] for one in envelopes_of_type(sink, PET)] == [str(uuid5(event.id, PET)) for event in events]
    assert [one["data"] for one in envelopes_of_type(sink, PET)] == [
        {
            "petId": str(rex.id),
            "previousStatus": old,
            "newStatus": new,
            "changedAt": clock.format_rfc3339(event.created_at),
        }
        for event, old, new in zip(events, ("AVAILABLE", "PENDING"), ("PENDING", "AVAILABLE"), strict=True)
    ]


def test_a_pet_that_staff_take_away_is_told_of_under_the_events_id(
    hook: Endpoint, sink: Sink, rex: Pet, in_acme: Tenant
) -> None:
    details = PetDetails(species="DOG", name="Rex", age_months=18, price=rex.price)
    replace_pet(pet_id=rex.id, details=details, actor=SYSTEM, status="NOT_AVAILABLE")
    deliver_all_due()
    event = events_about(rex.id, rex.tenant_id, EntityType.PETS)[-1]
    (envelope,) = envelopes_of_type(sink, PET)
    assert envelope["eventId"] == str(event.id)
    assert envelope["data"]["newStatus"] == "NOT_AVAILABLE"


def test_a_pet_that_is_only_described_anew_is_not_told_of(hook: Endpoint, rex: Pet, in_acme: Tenant) -> None:
    details = PetDetails(species="DOG", name="Max", age_months=18, price=rex.price)
    replace_pet(pet_id=rex.id, details=details, actor=SYSTEM)
    publish_all_events()
    assert deliveries_to(hook) == []


def test_a_payment_is_told_with_its_order_and_receipt(hook: Endpoint, sink: Sink, rex: Pet, settings: Settings) -> None:
    settings.LINKS_TO = "https://shop.example"
    order = OrderFactory.create(pet=rex)
    payment = pay(order)
    deliver_all_due()
    (envelope,) = envelopes_of_type(sink, "payment.succeeded")
    data = envelope["data"]
    assert data["payment"] == {
        "id": str(payment.id),
        "amount": "150.00",
        "currency": "USD",
        "source": payment.source | {"name": ""},
        "status": "SUCCEEDED",
        "createdAt": clock.format_rfc3339(payment.created_at),
    }
    assert (data["order"]["id"], data["order"]["status"]) == (str(order.id), "APPROVED")
    assert data["order"]["tenantId"] == str(order.tenant_id)
    assert data["receipt"] == {
        "receiptId": str(payment.id),
        "receiptUrl": build_receipt_url(payment.tenant_id, payment.id, site="https://shop.example"),
        "generatedAt": envelope["timestamp"],
    }


def test_a_payment_and_the_approval_that_it_brings_are_told_in_one_lane(hook: Endpoint, rex: Pet) -> None:
    order = OrderFactory.create(pet=rex)
    pay(order)
    publish_all_events()
    assert [one.due_at is None for one in deliveries_to(hook) if one.ordering_key == order.id] == [False, True, True]


def test_no_card_number_is_told(hook: Endpoint, sink: Sink, rex: Pet) -> None:
    pay(OrderFactory.create(pet=rex))
    deliver_all_due()
    told_in_all = b"".join(request.body for request in sink.received)
    assert b"************4242" in told_in_all
    assert b"4242424242424242" not in told_in_all


def test_a_payment_that_failed_is_told_without_a_receipt(hook: Endpoint, sink: Sink, rex: Pet) -> None:
    pay(OrderFactory.create(pet=rex), DECLINED_CARD)
    deliver_all_due()
    (envelope,) = envelopes_of_type(sink, "payment.failed")
    assert set(envelope["data"]) == {"payment", "order"}
    assert (envelope["data"]["payment"]["status"], envelope["data"]["order"]["status"]) == ("FAILED", "PLACED")


def test_an_order_of_the_shared_pool_has_no_tenant(sink: Sink, pool: Tenant, stray: Pet) -> None:
    subscribe_endpoint(pool, sink.url(), ORDER)
    OrderFactory.create(pet=stray)
    deliver_all_due()
    assert [one["data"]["order"]["tenantId"] for one in envelopes_of_type(sink, ORDER)] == [None]


def test_whoever_has_not_subscribed_hears_nothing(acme: Tenant, sink: Sink, rex: Pet) -> None:
    silent = subscribe_endpoint(acme, sink.url("/silent"), "payment.succeeded")
    loud = subscribe_endpoint(acme, sink.url("/loud"), PET)
    OrderFactory.create(pet=rex)
    publish_all_events()
    assert deliveries_to(silent) == []
    assert len(deliveries_to(loud)) == 1
    with tenant_scope(acme.id):
        assert [message.event_type for message in Message.objects.all()] == [PET]


def test_a_neighbour_hears_nothing(hook: Endpoint, globex: Tenant, pool: Tenant, sink: Sink, rex: Pet) -> None:
    neighbours = [subscribe_endpoint(tenant, sink.url("/next"), *EventType.values) for tenant in (globex, pool)]
    OrderFactory.create(pet=rex)
    publish_all_events()
    assert [deliveries_to(neighbour) for neighbour in neighbours] == [[], []]
    assert len(deliveries_to(hook)) == 2


def test_two_endpoints_hear_the_same_message(hook: Endpoint, acme: Tenant, sink: Sink, rex: Pet) -> None:
    other = subscribe_endpoint(acme, sink.url("/other"), ORDER)
    OrderFactory.create(pet=rex)
    publish_all_events()
    (delivery,) = deliveries_to(other)
    assert delivery.message_id in {one.message_id for one in deliveries_to(hook)}


def test_a_paused_endpoint_misses_nothing(hook: Endpoint, acme: Tenant, rex: Pet) -> None:
    with tenant_scope(acme.id):
        Endpoint.objects.update(status=Endpoint.Status.PAUSED)
    OrderFactory.create(pet=rex)
    publish_all_events()
    assert [one.status for one in deliveries_to(hook)] == ["PENDING"] * 2


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_rolled_back_tells_nobody_anything(hook: Endpoint, sink: Sink, acme: Tenant) -> None:
    with transaction.atomic():
        OrderFactory.create(tenant=acme)
        transaction.set_rollback(True)
    deliver_all_due()
    assert deliveries_to(hook) == []
    assert sink.received == []


@pytest.mark.django_db(transaction=True)
def test_deliveries_and_seals_are_made_together_or_not_at_all(hook: Endpoint, rex: Pet, in_acme: Tenant) -> None:
    publish_all_events()
    order = OrderFactory.create(pet=rex)
    (event,) = events_about(order.id, order.tenant_id)
    Message.objects.create(id=event.id, event_type=ORDER, body="{}")
    with pytest.raises(IntegrityError):
        publish_all_events()
    assert deliveries_to(hook) == []
    assert PendingEvent.objects.filter(event=event).exists()
    assert not ChainLink.objects.filter(event=event).exists()


def queries_of_a_fan_out(tenant: Tenant, orders: int) -> int:
    publish_all_events()
    for _ in range(orders):
        OrderFactory.create(pet=PetFactory.create(tenant=tenant))
    with CaptureQueriesContext(connection) as queries:
        publish_all_events()
    return len(queries)


def test_a_batch_costs_as_many_queries_as_one_event(hook: Endpoint, acme: Tenant) -> None:
    assert queries_of_a_fan_out(acme, 1) == queries_of_a_fan_out(acme, 10)


@pytest.mark.django_db
def test_without_endpoints_no_message_is_written() -> None:
    OrderFactory.create()
    publish_all_events()
    with all_tenants(reason="test"):
        assert not Message.objects.exists()
        assert not Delivery.objects.exists()


def test_the_first_in_a_lane_is_due_and_the_next_waits(hook: Endpoint, in_acme: Tenant, rex: Pet) -> None:
    order = OrderFactory.create(pet=rex)
    approve_order(order_id=order.id, actor=SYSTEM)
    publish_all_events()
    cancel_order(order_id=order.id, actor=SYSTEM)
    publish_all_events()
    steps = [one for one in deliveries_to(hook) if one.ordering_key == order.id]
    assert [one.due_at is None for one in steps] == [False, True, True]
    assert [one.due_at is None for one in deliveries_to(hook) if one.ordering_key == rex.id] == [False, True]


def test_the_shared_pool_is_a_scope_like_any_other(sink: Sink, pool: Tenant, hook: Endpoint, stray: Pet) -> None:
    own = subscribe_endpoint(pool, sink.url("/pool"), ORDER)
    OrderFactory.create(pet=stray)
    publish_all_events()
    assert [one.tenant_id for one in deliveries_to(own)] == [SHARED_POOL_ID]
    assert deliveries_to(hook) == []

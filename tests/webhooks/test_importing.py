"""Imported endpoints look as if they had been live, and nothing is sent to them."""

import json
import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from events.models import AuditEvent, EntityType, PendingEvent
from kernel import clock
from kernel.actor import SYSTEM
from orders.models import Order
from orders.services.transitions import approve_order, transition_order
from orders.states import Command
from pets.models import Pet
from public_events.event_types import EventType
from public_events.payloads import build_event_payloads
from tenants.models import Tenant
from tests.factories import OrderFactory, PetFactory
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import (
    deliver_all_due,
    events_about,
    make_due_now,
    publish_all_events,
    received_envelopes,
)
from tests.webhooks.sink import Sink, answer_with
from webhooks.delivery.retry_policy import SCHEDULE
from webhooks.imports import PastAttempt, PastDelivery, PastEndpoint, import_endpoint
from webhooks.models import Attempt, Delivery, Endpoint, Message
from webhooks.services.endpoints import update_endpoint

pytestmark = pytest.mark.usefixtures("in_acme")

AT = clock.now() - timedelta(days=2)
HEARD = EventType.ORDER_STATUS_CHANGED
VARYING = (
    (re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"), "ID"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ"), "TIME"),
    (re.compile(r"gAAAAA[\w=-]+"), "SECRET"),
    (re.compile(r'"(duration_ms|sequence|id)": \d+'), r'"\1": N'),
)


@pytest.fixture
def scout(in_acme: Tenant) -> Pet:
    """Another dog of acme's."""
    return PetFactory.create(tenant=in_acme, name="Scout")


@pytest.fixture
def order(rex: Pet) -> Order:
    """An order whose event nobody has heard of."""
    order = OrderFactory.create(pet=rex)
    publish_all_events()
    return order


def import_past_endpoint(
    order: Order, url: str, *attempts: PastAttempt, reason: Endpoint.PauseReason = Endpoint.PauseReason.ASKED
) -> Endpoint:
    """An imported endpoint with deliveries of the order's events, the first with these attempts."""
    told = [build_event_payloads(event)[0] for event in events_about(order.id, order.tenant_id)]
    tries: Sequence[Sequence[PastAttempt]] = [attempts, *(() for _ in told[1:])]
    deliveries = [PastDelivery(payload=one, at=AT, attempts=made) for one, made in zip(told, tries, strict=True)]
    return import_endpoint(
        PastEndpoint(
            url=url, events=[HEARD], by=SYSTEM, created_at=AT, paused_at=AT, pause_reason=reason, deliveries=deliveries
        )
    )


def run_live_endpoint(url: str, pet: Pet, times: int = 1) -> Endpoint:
    """An endpoint with live deliveries of an order, attempted so often."""
    endpoint = subscribe_endpoint(pet.tenant, url, HEARD)
    OrderFactory.create(pet=pet)
    for _ in range(times):
        deliver_all_due()
        make_due_now(endpoint)
    return endpoint


def dump_traces(endpoint: Endpoint) -> str:
    """All rows of an endpoint, without ids and times."""
    deliveries = Delivery.objects.filter(endpoint=endpoint)
    found: list[Any] = [Endpoint.objects.filter(pk=endpoint.pk).values().get() | {"backoff_until": None}]
    found += deliveries.values()
    found += Message.objects.filter(deliveries__in=deliveries).values("event_type")
    found += Attempt.objects.filter(delivery__in=deliveries).values()
    found += AuditEvent.objects.filter(entity_type=EntityType.WEBHOOKS, entity_id=endpoint.pk).values(
        "action", "details"
    )
    text = json.dumps(found, cls=DjangoJSONEncoder)
    for pattern, name in VARYING:
        text = pattern.sub(name, text)
    return text


def test_what_was_taken(order: Order, sink: Sink, scout: Pet) -> None:
    real = run_live_endpoint(sink.url(), scout)
    update_endpoint(endpoint_id=real.id, url=real.url, events=[HEARD], status="PAUSED", actor=SYSTEM)
    assert dump_traces(import_past_endpoint(order, sink.url(), PastAttempt(AT, 12, status_code=200))) == dump_traces(
        real
    )


def test_what_was_tried_in_vain_to_the_end(order: Order, sink: Sink, scout: Pet) -> None:
    sink.behaviour = answer_with(503)
    real = run_live_endpoint(sink.url(), scout, times=len(SCHEDULE))
    attempts = [PastAttempt(AT, 12, status_code=503)] * len(SCHEDULE)
    past = import_past_endpoint(order, sink.url(), *attempts, reason=Endpoint.PauseReason.FAILING)
    assert dump_traces(past) == dump_traces(real)


def test_what_was_told_to_somebody_who_is_gone(order: Order, sink: Sink, scout: Pet) -> None:
    sink.behaviour = answer_with(410)
    real = run_live_endpoint(sink.url(), scout)
    gone = import_past_endpoint(
        order, sink.url(), PastAttempt(AT, 12, status_code=410), reason=Endpoint.PauseReason.GONE
    )
    assert dump_traces(gone) == dump_traces(real)


def test_nothing_is_sent_to_it(order: Order, sink: Sink) -> None:
    import_past_endpoint(order, sink.url())
    deliver_all_due()
    assert sink.count_connections() == 0
    assert not PendingEvent.objects.exists()


def test_what_waits_for_it_arrives_in_order_when_staff_resume_it(order: Order, sink: Sink) -> None:
    approve_order(order_id=order.id, actor=SYSTEM)
    publish_all_events()
    past = import_past_endpoint(order, sink.url())
    update_endpoint(endpoint_id=past.id, url=past.url, events=[HEARD], status="ACTIVE", actor=SYSTEM)
    deliver_all_due()
    assert [one["data"]["newStatus"] for one in received_envelopes(sink)] == ["PLACED", "APPROVED"]


def test_two_endpoints_hear_the_same_message(order: Order, sink: Sink) -> None:
    for path in ("/one", "/two"):
        import_past_endpoint(order, sink.url(path))
    assert (Message.objects.count(), Delivery.objects.count()) == (1, 2)


def test_what_comes_in_stands_in_the_lists_by_its_time(order: Order, rex: Pet) -> None:
    approve_order(order_id=order.id, actor=SYSTEM)
    publish_all_events()
    recent = subscribe_endpoint(rex.tenant, "https://recent.example/", HEARD)
    transition_order(order_id=order.id, command=Command.SHIP, actor=SYSTEM)
    publish_all_events()
    past = import_past_endpoint(order, "https://past.example/")
    assert list(Endpoint.objects.order_by("id")) == [past, recent]
    told = Delivery.objects.order_by("id")
    assert [one.endpoint_id for one in told] == [past.id, past.id, past.id, recent.id]
    assert [one.sequence for one in told[:3]] == [1, 2, 3]
    created, paused, *_ = AuditEvent.objects.filter(entity_type=EntityType.WEBHOOKS).order_by("id")
    assert (created.action, paused.action) == ("WEBHOOK_CREATED", "WEBHOOK_PAUSED")
    assert {created.entity_id, paused.entity_id} == {past.id}

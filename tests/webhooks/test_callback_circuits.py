"""A URL that somebody has named keeps nobody else's callback waiting, whatever it does."""

import socket
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from threading import Event
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from kernel import clock, ids
from kernel.actor import SYSTEM
from orders.models import Order
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.factories import OrderFactory
from tests.webhooks.delivering import deliver_all_due
from tests.webhooks.sink import HERE, PATIENCE, Sink, answer_with, listening_sink
from webhooks.delivery import callback_circuits, callback_claims
from webhooks.delivery.callback_claims import MAX_PER_HOST, MAX_READ, claim_due_callbacks, due_callbacks
from webhooks.delivery.claims import ClaimedDelivery
from webhooks.delivery.concurrency import CALLBACK_SLOTS
from webhooks.delivery.retry_policy import MAX_BACKOFF, SCHEDULE
from webhooks.models import Attempt, Delivery, DeliveryQuerySet, Endpoint, Message
from webhooks.services.callbacks import enqueue_order_callback

MANY = 100


@pytest.fixture
def order(acme: Tenant) -> Order:
    return OrderFactory.create(tenant=acme)


@pytest.fixture
def dead(sink: Sink, settings: Settings) -> Iterator[str]:
    """A URL at the sink's host, at a port where nobody listens."""
    with socket.socket() as unheard:
        unheard.bind((HERE, 0))
        port = unheard.getsockname()[1]
        settings.OUTBOUND_ALLOW |= {(HERE, port)}
        yield f"http://{HERE}:{port}/dead"


def request_callback(order: Order, *urls: str) -> None:
    with tenant_scope(order.tenant_id):
        for url in urls:
            enqueue_order_callback(
                order_id=order.id,
                amount=order.total_amount,
                currency=order.currency,
                timestamp="1",
                callback_url=url,
                actor=SYSTEM,
            )


def to(url: str) -> DeliveryQuerySet:
    rows: DeliveryQuerySet = Delivery.objects.filter(url=url)
    return rows


def attempts(url: str) -> int:
    return int(Attempt.objects.filter(delivery__url=url).count())


@pytest.fixture
def everywhere(db: None) -> Iterator[None]:
    with all_tenants(reason="test"):
        yield


def _dead_ones_and_a_good_one(order: Order, dead: str, sink: Sink) -> None:
    request_callback(order, *[dead] * MANY)
    request_callback(OrderFactory.create(tenant=order.tenant), sink.url("/good"))
    deliver_all_due()


@pytest.mark.usefixtures("everywhere")
def test_a_dead_url_delays_no_other_callback_to_its_host(order: Order, dead: str, sink: Sink) -> None:
    _dead_ones_and_a_good_one(order, dead, sink)
    assert [request.line for request in sink.received] == ["POST /good HTTP/1.1"]
    assert to(sink.url("/good")).get().status == Delivery.Status.SUCCEEDED
    assert (attempts(dead), to(dead).filter(due_at__gt=clock.now() + MAX_BACKOFF / 2).count()) == (1, MANY)


@pytest.mark.usefixtures("everywhere")
def test_with_a_breaker_for_the_whole_host_the_good_one_waits(
    order: Order, dead: str, sink: Sink, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_the_host(claimed: ClaimedDelivery) -> Any:
        return Delivery.objects.filter(host=claimed.host, due_at__isnull=False, claim__isnull=True)

    monkeypatch.setattr(callback_claims, "MAX_PER_HOST", 1)
    monkeypatch.setattr(callback_circuits, "_list_waiting_callbacks", of_the_host)
    _dead_ones_and_a_good_one(order, dead, sink)
    assert sink.received == []


@pytest.mark.usefixtures("everywhere")
def test_while_a_url_hangs_another_one_of_its_host_is_called(order: Order, sink: Sink, settings: Settings) -> None:
    """The first answers when the second has been called, and would otherwise time out."""
    has_come = Event()

    def hang(connection: socket.socket) -> None:
        has_come.wait(PATIENCE)
        answer_with()(connection)

    def come(connection: socket.socket) -> None:
        has_come.set()
        answer_with()(connection)

    sink.behaviour = hang
    with listening_sink(come) as other:
        settings.OUTBOUND_ALLOW |= {other.endpoint}
        request_callback(order, *[sink.url("/hangs")] * 20)
        request_callback(OrderFactory.create(tenant=order.tenant), other.url("/good"))
        deliver_all_due()
        assert len(other.received) == 1
    assert set(Attempt.objects.values_list("status_code", flat=True)) == {200}
    assert (attempts(sink.url("/hangs")), len(sink.received)) == (20, 20)


@pytest.mark.usefixtures("everywhere")
def test_a_url_that_answers_again_gets_at_once_what_waited_for_it(order: Order, sink: Sink) -> None:
    url = sink.url("/again")
    request_callback(order, *[url] * 3)
    later = clock.now() + timedelta(minutes=1)
    resting = [one.pk for one in to(url).order_by("id")[1:]]
    Delivery.objects.filter(pk__in=resting).update(due_at=later)
    deliver_all_due()
    assert len(sink.received) == 3


@pytest.mark.usefixtures("everywhere")
def test_after_the_last_attempt_in_vain_what_is_as_old_is_given_up(order: Order, dead: str) -> None:
    request_callback(order, *[dead] * 3)
    first, old, young = to(dead).order_by("id")
    to(dead).exclude(pk=young.pk).update(created_at=clock.now() - SCHEDULE[-1] - timedelta(minutes=1))
    Delivery.objects.filter(pk=first.pk).update(attempts_made=len(SCHEDULE) - 1)
    Delivery.objects.filter(pk__in=[old.pk, young.pk]).update(due_at=clock.now() + timedelta(seconds=30))
    deliver_all_due()
    statuses = dict(to(dead).values_list("pk", "status"))
    assert statuses == {first.pk: "FAILED", old.pk: "FAILED", young.pk: "PENDING"}
    assert attempts(dead) == 1


@pytest.mark.usefixtures("everywhere")
def test_a_url_gets_one_at_a_time_and_a_host_a_few(order: Order) -> None:
    request_callback(
        order, *["https://one.example/"] * 3, *[f"https://two.example/{number}" for number in range(MAX_PER_HOST + 3)]
    )
    claims = claim_due_callbacks(CALLBACK_SLOTS, in_flight=[])
    assert Counter(claimed.host for claimed in claims) == {"one.example": 1, "two.example": MAX_PER_HOST}
    assert claim_due_callbacks(CALLBACK_SLOTS, in_flight=claims) == []
    request_callback(OrderFactory.create(tenant=order.tenant), "https://three.example/")
    assert [claimed.host for claimed in claim_due_callbacks(CALLBACK_SLOTS, in_flight=claims)] == ["three.example"]


@pytest.mark.usefixtures("everywhere")
def test_a_host_with_many_urls_leaves_room_for_one_that_came_after_it(order: Order, acme: Tenant) -> None:
    request_callback(order, *[f"https://many.example/{number}" for number in range(MAX_READ + 10)])
    request_callback(OrderFactory.create(tenant=acme), "https://late.example/")
    claims = claim_due_callbacks(2, in_flight=[])
    assert {claimed.host for claimed in claims} == {"many.example", "late.example"}


@pytest.mark.usefixtures("everywhere")
def test_callbacks_to_many_hosts_take_no_more_than_their_part(acme: Tenant) -> None:
    for start in range(0, 2 * MAX_READ, 4):
        request_callback(
            OrderFactory.create(tenant=acme), *[f"https://{start + number}.example/" for number in range(4)]
        )
    claims = claim_due_callbacks(CALLBACK_SLOTS, in_flight=[])
    assert len({claimed.host for claimed in claims}) == len(claims) == CALLBACK_SLOTS


@pytest.mark.as_owner
@pytest.mark.usefixtures("everywhere")
def test_due_callbacks_are_found_by_an_index_of_their_own(order: Order, hook: Endpoint) -> None:
    request_callback(order, "https://one.example/")
    messages = [Message(id=ids.new_id(), tenant=hook.tenant, event_type="x", body="{}") for _ in range(500)]
    Message.objects.bulk_create(messages)
    told = [
        Delivery(tenant=hook.tenant, endpoint=hook, message=one, ordering_key=one.pk, due_at=clock.now())
        for one in messages
    ]
    Delivery.objects.bulk_create(told)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert "delivery_callback_due" in due_callbacks(clock.now())[:MAX_READ].explain()


@pytest.mark.usefixtures("everywhere")
def test_those_of_a_suspended_tenant_wait(order: Order) -> None:
    request_callback(order, "https://one.example/")
    Tenant.objects.filter(pk=order.tenant_id).update(status=Tenant.Status.SUSPENDED)
    assert claim_due_callbacks(CALLBACK_SLOTS, in_flight=[]) == []

"""Redelivery by staff, and tests of an endpoint."""

import pytest

from accounts.models import User
from events.models import EntityType
from kernel.actor import ANONYMOUS, SYSTEM
from kernel.errors import Forbidden, LoginRequired
from orders.services.transitions import approve_order
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory, acting
from tests.webhooks.delivering import (
    deliver_all_due,
    deliveries_to,
    envelope_of,
    events_about,
    make_due_now,
    publish_all_events,
)
from tests.webhooks.sink import Sink, answer_with
from webhooks.delivery.claims import claim_due_deliveries
from webhooks.errors import DeliveryNotFound, DeliveryUnderWay, EndpointNotFound
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.queries import (
    get_webhook_delivery,
    list_deliveries_about,
    list_delivery_attempts,
    list_endpoint_deliveries,
)
from webhooks.services.redelivery import queue_redelivery, send_test_delivery


@pytest.fixture
def failed(hook: Endpoint, in_acme: Tenant, sink: Sink, rex: Pet) -> Delivery:
    """The delivery of an order, tried in vain to the end, at an endpoint that is well again."""
    OrderFactory.create(pet=rex)
    publish_all_events()
    Delivery.objects.filter(ordering_key=rex.id).delete()
    Delivery.objects.update(attempts_made=4)
    sink.behaviour = answer_with(500)
    deliver_all_due()
    sink.behaviour = answer_with()
    make_due_now(hook)
    (delivery,) = deliveries_to(hook)
    return delivery


def test_what_failed_is_sent_again_under_the_same_id(failed: Delivery, sink: Sink, sam: User) -> None:
    queue_redelivery(delivery_id=failed.id, actor=acting(sam))
    deliver_all_due()
    failed.refresh_from_db()
    assert (failed.status, failed.attempts_made) == ("SUCCEEDED", 1)
    assert len({request.headers["webhook-id"] for request in sink.received}) == 1
    assert [attempt.status_code for attempt in list_delivery_attempts(failed)] == [500, 200]


def test_the_journal_tells_who_has_sent_what_again(failed: Delivery, hook: Endpoint, sam: User) -> None:
    queue_redelivery(delivery_id=failed.id, actor=acting(sam))
    (*_, entry) = events_about(hook.id, hook.tenant_id, EntityType.WEBHOOKS)
    assert (entry.action, entry.actor_id) == ("DELIVERY_REDELIVERED", sam.id)
    assert entry.details["changes"] == {"status": ["FAILED", "PENDING"]}
    assert entry.details["delivery"] == {
        "id": str(failed.id),
        "eventId": str(failed.message_id),
        "about": str(failed.ordering_key),
    }


def test_it_has_its_whole_schedule_before_it_again(failed: Delivery, hook: Endpoint, sink: Sink) -> None:
    sink.behaviour = answer_with(500)
    queue_redelivery(delivery_id=failed.id, actor=SYSTEM)
    for _ in range(6):
        make_due_now(hook)
        deliver_all_due()
    assert list_delivery_attempts(failed).count() == 1 + 5


def test_what_was_taken_can_be_sent_again(hook: Endpoint, in_acme: Tenant, sink: Sink, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    deliver_all_due()
    (first, _) = deliveries_to(hook)
    queue_redelivery(delivery_id=first.id, actor=SYSTEM)
    deliver_all_due()
    assert [request.body for request in sink.received].count(sink.received[-1].body) == 2


def test_nobody_waits_for_what_is_sent_again(failed: Delivery, hook: Endpoint, in_acme: Tenant, sink: Sink) -> None:
    sink.behaviour = answer_with(500)
    queue_redelivery(delivery_id=failed.id, actor=SYSTEM)
    deliver_all_due()
    sink.behaviour = answer_with()
    Endpoint.objects.update(backoff_until=None)
    approve_order(order_id=failed.ordering_key, actor=SYSTEM)
    deliver_all_due()
    assert [one.status for one in list_deliveries_about(failed.ordering_key)] == ["PENDING", "SUCCEEDED"]


def test_what_waits_for_its_next_attempt_is_tried_at_once(
    hook: Endpoint, in_acme: Tenant, sink: Sink, rex: Pet
) -> None:
    sink.behaviour = answer_with(500)
    order = OrderFactory.create(pet=rex)
    deliver_all_due()
    sink.behaviour = answer_with()
    Endpoint.objects.update(backoff_until=None)
    queue_redelivery(delivery_id=list_deliveries_about(order.id).get().id, actor=SYSTEM)
    deliver_all_due()
    assert [one.status for one in list_deliveries_about(order.id)] == ["SUCCEEDED"]


def test_what_waits_behind_another_does_not_overtake_it(hook: Endpoint, in_acme: Tenant, sink: Sink, rex: Pet) -> None:
    order = OrderFactory.create(pet=rex)
    approve_order(order_id=order.id, actor=SYSTEM)
    publish_all_events()
    _, second = list_deliveries_about(order.id)
    with pytest.raises(DeliveryUnderWay):
        queue_redelivery(delivery_id=second.id, actor=SYSTEM)
    second.refresh_from_db()
    assert second.due_at is None


def test_what_is_being_sent_is_not_sent_again(hook: Endpoint, in_acme: Tenant, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    (claimed,) = claim_due_deliveries({hook.id: 1})
    with pytest.raises(DeliveryUnderWay):
        queue_redelivery(delivery_id=claimed.delivery_id, actor=SYSTEM)
    assert Delivery.objects.get(pk=claimed.delivery_id).claim == claimed.claim


def test_only_staff_send_again(failed: Delivery, alice: User) -> None:
    for actor, refusal in ((ANONYMOUS, LoginRequired), (acting(alice), Forbidden)):
        with pytest.raises(refusal):
            queue_redelivery(delivery_id=failed.id, actor=actor)
    failed.refresh_from_db()
    assert failed.status == "FAILED"


def test_a_neighbours_delivery_is_not_there(failed: Delivery, globex: Tenant, gina: User) -> None:
    with tenant_scope(globex.id), pytest.raises(DeliveryNotFound):
        queue_redelivery(delivery_id=failed.id, actor=acting(gina))
    with tenant_scope(globex.id), pytest.raises(EndpointNotFound):
        list_endpoint_deliveries(failed.endpoint_id, actor=acting(gina))
    failed.refresh_from_db()
    assert failed.status == "FAILED"


def test_a_delivery_is_found_by_its_own_endpoint_only(failed: Delivery, sam: User) -> None:
    assert get_webhook_delivery(failed.id, actor=acting(sam), endpoint_id=failed.endpoint_id) == failed
    with pytest.raises(DeliveryNotFound):
        get_webhook_delivery(failed.id, actor=acting(sam), endpoint_id=failed.id)
    assert list(list_endpoint_deliveries(failed.endpoint_id, actor=acting(sam))) == [failed]


def test_a_test_is_sent_whatever_is_subscribed(hook: Endpoint, in_acme: Tenant, sink: Sink, sam: User) -> None:
    delivery = send_test_delivery(endpoint_id=hook.id, actor=acting(sam))
    deliver_all_due()
    (request,) = sink.received
    envelope = envelope_of(request)
    assert (envelope["eventType"], envelope["data"]) == ("webhook.test", {"webhookId": str(hook.id)})
    assert envelope["eventId"] == request.headers["webhook-id"] == str(delivery.message_id)
    assert Attempt.objects.get().delivery_id == delivery.id


def test_only_staff_send_a_test(hook: Endpoint, in_acme: Tenant, alice: User) -> None:
    with pytest.raises(Forbidden):
        send_test_delivery(endpoint_id=hook.id, actor=acting(alice))
    assert not Delivery.objects.exists()

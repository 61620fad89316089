"""Deliveries: what was sent, what they said, and sending it again."""

import pytest
from django.urls import reverse

from kernel import clock
from kernel.actor import SYSTEM
from orders.models import Order
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Page, Screen, buttons_on, messages_on, reload_row, rows_on, text_of
from tests.factories import OrderFactory
from tests.payments.paying import pay
from tests.snapshots import snapshot
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import deliver_all_due, deliveries_to, publish_all_events
from tests.webhooks.sink import Sink, answer_with
from webhooks.delivery.claims import claim_due_deliveries
from webhooks.models import Delivery, Endpoint
from webhooks.services.callbacks import enqueue_order_callback
from webhooks.services.endpoints import update_endpoint

HOSTILE = b"<script>alert(1)</script> no room for you"


def press_redeliver(screen: Screen, delivery: Delivery, **values: object) -> Page:
    return screen.fill("webhooks_delivery_command", delivery.pk, "redeliver", **values)


def fail_delivery(delivery: Delivery) -> Delivery:
    """The delivery, tried in vain to the end."""
    with tenant_scope(delivery.tenant_id):
        Delivery.objects.filter(pk=delivery.pk).update(
            status="FAILED", attempts_made=5, due_at=None, settled_at=clock.now()
        )
    row: Delivery = reload_row(delivery)
    return row


@pytest.fixture
def refused(acme: Tenant, sink: Sink, order: Order) -> Delivery:
    """Acme's order, told to somebody who does not want to hear of it."""
    hook = subscribe_endpoint(acme, sink.url(), EventType.ORDER_STATUS_CHANGED)
    sink.behaviour = answer_with(500, body=HOSTILE)
    deliver_all_due()
    (delivery,) = deliveries_to(hook)
    return delivery


def test_a_page_shows_payload_and_attempts(refused: Delivery, order: Order, sams: Screen) -> None:
    page = sams.open("webhooks_delivery_change", refused.pk)
    text = text_of(page)
    assert '\n  "eventType": "order.statusChanged",\n' in text
    assert f'"id": "{order.pk}"' in text
    assert reverse("admin:orders_order_change", args=(order.pk,)) in text
    assert [(row.status_code, row.number) for row in page.context["attempts"]] == [(500, 1)]


@pytest.mark.parametrize("name", ["webhooks_delivery_change", "orders_order_change"])
def test_what_a_receiver_says_is_shown_as_text(refused: Delivery, order: Order, sams: Screen, name: str) -> None:
    page = sams.open(name, {"w": refused.pk, "o": order.pk}[name[0]])
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.content.decode()
    assert HOSTILE.decode()[:25] not in page.content.decode()


def test_an_orders_page_tells_who_was_told_and_what_they_said(refused: Delivery, order: Order, sams: Screen) -> None:
    page = sams.open("orders_order_change", order.pk)
    (line,) = page.context["deliveries"]
    assert (line.row, line.row.attempts_made, line.last.status_code) == (refused, 1, 500)
    assert line.row.endpoint.url in text_of(page)
    assert "no room for" in text_of(page)


def test_an_orders_page_tells_of_its_callback(acme: Tenant, order: Order, sams: Screen) -> None:
    address = "https://caller.example/done?key=7"
    with tenant_scope(acme.pk):
        enqueue_order_callback(
            order_id=order.pk,
            amount=order.total_amount,
            currency=order.currency,
            timestamp="1735689600",
            callback_url=address,
            actor=SYSTEM,
        )
    page = text_of(sams.open("orders_order_change", order.pk))
    assert "orderProcessed" in page
    assert address in page


def test_from_the_orders_page_a_delivery_is_sent_again(delivery: Delivery, order: Order, sams: Screen) -> None:
    fail_delivery(delivery)
    place = reverse("admin:orders_order_change", args=(order.pk,))
    assert "redeliver" in buttons_on(sams.open("orders_order_change", order.pk))
    page = press_redeliver(sams, delivery, back=place)
    assert page.redirect_chain == [(place, 302)]
    assert messages_on(page) == ["1 delivery queued again."]
    row = reload_row(delivery)
    assert (row.status, row.attempts_made, row.settled_at) == ("PENDING", 0, None)


def test_sent_again_it_arrives(refused: Delivery, sink: Sink, sams: Screen) -> None:
    fail_delivery(refused)
    sink.behaviour = answer_with(204)
    press_redeliver(sams, refused)
    with tenant_scope(refused.tenant_id):
        Endpoint.objects.update(backoff_until=None)
    deliver_all_due()
    assert reload_row(refused).status == Delivery.Status.SUCCEEDED


def test_to_a_paused_endpoint_it_waits_and_says_so(delivery: Delivery, endpoint: Endpoint, sams: Screen) -> None:
    with tenant_scope(endpoint.tenant_id):
        update_endpoint(
            endpoint_id=endpoint.pk, url=endpoint.url, events=endpoint.events, status="PAUSED", actor=SYSTEM
        )
    page = press_redeliver(sams, fail_delivery(delivery))
    assert messages_on(page) == ["1 delivery queued until its endpoint is active."]


def test_what_is_being_sent_is_not_sent_again(delivery: Delivery, endpoint: Endpoint, sams: Screen) -> None:
    claim_due_deliveries({endpoint.pk: 9})
    before = snapshot()
    assert buttons_on(sams.open("webhooks_delivery_change", delivery.pk)) == []
    assert messages_on(press_redeliver(sams, delivery)) == [f"{delivery.pk}: This delivery is under way"]
    assert snapshot() == before


def test_what_waits_behind_another_is_not_sent_before_it(
    delivery: Delivery, endpoint: Endpoint, order: Order, sams: Screen
) -> None:
    pay(order)
    publish_all_events()
    behind = [row for row in deliveries_to(endpoint) if row.ordering_key == order.pk and row.due_at is None]
    before = snapshot()
    assert behind
    for row in behind:
        assert buttons_on(sams.open("webhooks_delivery_change", row.pk)) == []
        assert messages_on(press_redeliver(sams, row)) == [f"{row.pk}: This delivery is under way"]
    assert snapshot() == before


def test_many_are_sent_again_and_the_others_are_named(
    delivery: Delivery, endpoint: Endpoint, order: Order, sams: Screen
) -> None:
    under_way = next(row for row in deliveries_to(endpoint) if row.ordering_key == order.pet_id)
    fail_delivery(delivery)
    claim_due_deliveries({endpoint.pk: 9})
    page = sams.tick([delivery, under_way], "redeliver")
    assert messages_on(page) == [
        "1 delivery queued again.",
        f"{under_way.pk}: This delivery is under way",
    ]
    assert reload_row(delivery).status == "PENDING"
    assert reload_row(under_way).claim


def test_a_get_sends_nothing_again(delivery: Delivery, sams: Screen) -> None:
    fail_delivery(delivery)
    before = snapshot()
    assert sams.open("webhooks_delivery_command", delivery.pk, "redeliver").status_code == 200
    assert snapshot() == before


def test_deliveries_are_filtered(delivery: Delivery, endpoint: Endpoint, acme: Tenant, sams: Screen) -> None:
    other = subscribe_endpoint(acme, "https://other.example", EventType.ORDER_STATUS_CHANGED)
    OrderFactory.create(tenant=acme)
    fail_delivery(delivery)
    listed = "webhooks_delivery_changelist"
    assert rows_on(sams.open(listed, status__exact="FAILED")) == [delivery]
    assert {row.endpoint_id for row in rows_on(sams.open(listed, endpoint=endpoint.pk))} == {endpoint.pk}
    assert rows_on(sams.open(listed, endpoint=other.pk)) == []
    told = rows_on(sams.open(listed, event="pet.statusChanged"))
    assert [row.message.event_type for row in told] == ["pet.statusChanged"]


def test_deliveries_are_found_by_what_they_are_about(delivery: Delivery, order: Order, sams: Screen) -> None:
    for term in (delivery.pk, delivery.message_id, order.pk):
        assert rows_on(sams.open("webhooks_delivery_changelist", q=str(term))) == [delivery]
    assert delivery in rows_on(sams.open("webhooks_delivery_changelist", q="shop.example"))
    assert rows_on(sams.open("webhooks_delivery_changelist", q="elsewhere")) == []


def test_deliveries_can_be_neither_added_nor_edited_nor_deleted(delivery: Delivery, roots: Screen) -> None:
    before = snapshot()
    assert roots.fill("webhooks_delivery_change", delivery.pk, status="SUCCEEDED").status_code == 403
    assert roots.fill("webhooks_delivery_delete", delivery.pk, post="yes").status_code == 403
    assert roots.fill("webhooks_delivery_add", status="SUCCEEDED").status_code == 403
    assert snapshot() == before


def test_a_pets_step_leads_to_the_pet(endpoint: Endpoint, delivery: Delivery, order: Order, sams: Screen) -> None:
    step = next(row for row in deliveries_to(endpoint) if row.ordering_key == order.pet_id)
    page = text_of(sams.open("webhooks_delivery_change", step.pk))
    assert reverse("admin:pets_pet_change", args=(order.pet_id,)) in page


def test_a_deliverys_history_are_its_attempts(delivery: Delivery, sams: Screen) -> None:
    page = text_of(sams.open("webhooks_delivery_change", delivery.pk))
    assert "No attempt yet." in page
    assert "/history/" not in page

"""Production sends webhooks and callbacks over https only, unless OUTBOUND_ALLOW names the receiver."""

import pytest
from pytest_django import Settings

from kernel.actor import SYSTEM
from orders.models import Order
from outbound.errors import HttpsRequired
from public_events.event_types import EventType
from tenants.models import Tenant
from tests.factories import OrderFactory
from tests.server.settings_start import GOOD, values_of
from tests.snapshots import snapshot
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import deliver_all_due
from tests.webhooks.sink import Sink
from tests.webhooks.test_callbacks import request_callback
from webhooks.models import Attempt, Endpoint
from webhooks.services.endpoints import update_endpoint

PLAIN, SAFE = "http://shop.example/hooks", "https://shop.example/hooks"
ORDER = EventType.ORDER_STATUS_CHANGED.value


@pytest.fixture
def order(acme: Tenant) -> Order:
    return OrderFactory.create(tenant=acme)


@pytest.fixture
def https_only(settings: Settings) -> Settings:
    settings.OUTBOUND_HTTPS_ONLY = True
    return settings


def test_production_wants_it_and_a_laptop_does_not() -> None:
    assert values_of("prod", GOOD, "OUTBOUND_HTTPS") == {"OUTBOUND_HTTPS_ONLY": True}
    assert values_of("dev", {}, "OUTBOUND_HTTPS") == {"OUTBOUND_HTTPS_ONLY": False}


def test_a_webhook_over_http_is_refused(in_acme: Tenant, https_only: Settings) -> None:
    endpoint = subscribe_endpoint(in_acme, SAFE, ORDER)
    before = snapshot()
    with pytest.raises(HttpsRequired) as refusal:
        subscribe_endpoint(in_acme, PLAIN, ORDER)
    with pytest.raises(HttpsRequired):
        update_endpoint(endpoint_id=endpoint.id, url=PLAIN, events=[ORDER], status="ACTIVE", actor=SYSTEM)
    assert [(fault.field, fault.code) for fault in refusal.value.faults] == [("url", "https_required")]
    assert snapshot() == before


def test_a_callback_over_http_is_refused(order: Order, https_only: Settings) -> None:
    before = snapshot()
    with pytest.raises(HttpsRequired) as refusal:
        request_callback(order, PLAIN)
    assert [fault.field for fault in refusal.value.faults] == ["callbackUrl"]
    assert snapshot() == before
    request_callback(order, SAFE)
    assert snapshot() != before


def test_without_the_setting_both_are_taken(in_acme: Tenant, order: Order) -> None:
    assert subscribe_endpoint(in_acme, PLAIN, ORDER).url == PLAIN
    request_callback(order, PLAIN)


def test_a_receiver_that_is_allowed_by_name_hears_of_it(
    in_acme: Tenant, https_only: Settings, sink: Sink, order: Order
) -> None:
    subscribe_endpoint(in_acme, sink.url(), ORDER)
    OrderFactory.create(tenant=in_acme)
    deliver_all_due()
    assert sink.received


def test_what_was_subscribed_before_is_not_sent_and_can_be_paused(in_acme: Tenant, settings: Settings) -> None:
    endpoint = subscribe_endpoint(in_acme, PLAIN, ORDER)
    settings.OUTBOUND_HTTPS_ONLY = True
    OrderFactory.create(tenant=in_acme)
    deliver_all_due()
    assert {attempt.error for attempt in Attempt.objects.all()} == {"https_required"}
    update_endpoint(endpoint_id=endpoint.id, url=PLAIN, events=[ORDER], status="PAUSED", actor=SYSTEM)
    assert Endpoint.objects.get().status == "PAUSED"
    with pytest.raises(HttpsRequired):
        update_endpoint(endpoint_id=endpoint.id, url=PLAIN, events=[ORDER], status="ACTIVE", actor=SYSTEM)

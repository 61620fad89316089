"""Endpoints: staff subscribe, change, pause, try and end them."""

from typing import Any

import pytest

from accounts.models import User
from accounts.services.tenants import add_tenant_member
from kernel.actor import SYSTEM
from petstore.interfaces.backoffice.framework.forms import STALE
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.backoffice.screens import (
    Page,
    Screen,
    buttons_on,
    count_audit_events,
    messages_on,
    reload_row,
    rows_on,
    text_of,
)
from tests.factories import OrderFactory
from tests.snapshots import snapshot
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import deliver_all_due, make_due_now, publish_all_events
from tests.webhooks.sink import Sink, answer_with
from webhooks.models import Delivery, Endpoint

NEW: dict[str, Any] = {"url": "https://shop.example/new", "events": ["payment.succeeded", "order.statusChanged"]}


def shown_form(endpoint: Endpoint) -> dict[str, Any]:
    """Its form as it was shown."""
    names = ("url", "events", "status")
    return {name: getattr(endpoint, name) for name in names} | {"seen_version": endpoint.version}


def give_command(screen: Screen, endpoint: Endpoint, command: str) -> Page:
    return screen.fill("webhooks_endpoint_command", endpoint.pk, command, version=endpoint.version)


def update_endpoint_row(endpoint: Endpoint, **values: object) -> Endpoint:
    """The endpoint as the worker would have left it."""
    with tenant_scope(endpoint.tenant_id):
        Endpoint.objects.filter(pk=endpoint.pk).update(**values)
    row: Endpoint = reload_row(endpoint)
    return row


def test_staff_subscribe_an_endpoint(acme: Tenant, sams: Screen) -> None:
    page = sams.fill("webhooks_endpoint_add", store=acme.pk, **NEW)
    (endpoint,) = rows_on(sams.open("webhooks_endpoint_changelist"))
    assert messages_on(page) == ["https://shop.example/new receives events from now on."]
    assert (endpoint.tenant_id, endpoint.events) == (acme.pk, ["order.statusChanged", "payment.succeeded"])
    assert count_audit_events(endpoint.pk) == 1


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"url": "http://127.0.0.1/hooks"}, "url", "The host must have a public address."),
        ({"url": "ftp://shop.example"}, "url", "An absolute http or https URL is expected."),
        ({"url": ""}, "url", "This field is required."),
        ({"events": []}, "events", "This field is required."),
        ({"events": ["pets.born"]}, "events", "Select a valid choice."),
    ],
)
def test_a_refused_endpoint_is_told_why(
    acme: Tenant, sams: Screen, wrong: dict[str, Any], field: str, sentence: str
) -> None:
    before = snapshot()
    page = sams.fill("webhooks_endpoint_add", store=acme.pk, **NEW | wrong)
    assert {*page.context["adminform"].form.errors} == {field}
    assert sentence in text_of(page)
    assert snapshot() == before


def test_staff_of_two_tenants_choose_whose_it_is(sam: User, globex: Tenant, sams: Screen) -> None:
    add_tenant_member(tenant_id=globex.pk, username=sam.username, actor=SYSTEM)
    sams.fill("webhooks_endpoint_add", store=globex.pk, **NEW)
    assert [row.tenant_id for row in rows_on(sams.open("webhooks_endpoint_changelist"))] == [globex.pk]


def test_staff_change_what_it_hears_and_where(endpoint: Endpoint, sams: Screen) -> None:
    values = {"url": "https://shop.example/moved", "events": ["payment.failed"], "status": "PAUSED"}
    sams.fill("webhooks_endpoint_change", endpoint.pk, **shown_form(endpoint) | values)
    row = reload_row(endpoint)
    assert {name: getattr(row, name) for name in values} == values
    assert row.pause_reason == "ASKED"


def test_a_stale_form_is_refused_and_shown_again(endpoint: Endpoint, sams: Screen) -> None:
    give_command(sams, endpoint, "pause")
    before = snapshot()
    values = {"url": "https://shop.example/moved", "status": "PAUSED"}
    page = sams.fill("webhooks_endpoint_change", endpoint.pk, **shown_form(endpoint) | values)
    assert STALE in text_of(page)
    assert 'value="https://shop.example/moved"' in text_of(page)
    assert snapshot() == before


def test_a_refused_change_changes_nothing(endpoint: Endpoint, sams: Screen) -> None:
    before = snapshot()
    values = {"url": "http://169.254.169.254/", "status": "PAUSED"}
    page = sams.fill("webhooks_endpoint_change", endpoint.pk, **shown_form(endpoint) | values)
    assert "The host must have a public address." in text_of(page)
    assert snapshot() == before


def test_an_endpoint_is_paused_and_made_active_again(endpoint: Endpoint, sams: Screen) -> None:
    assert buttons_on(sams.open("webhooks_endpoint_change", endpoint.pk)) == ["test", "pause", "rotate"]
    assert messages_on(give_command(sams, endpoint, "pause")) == ["1 endpoint paused."]
    paused = reload_row(endpoint)
    assert (paused.status, paused.pause_reason, paused.url) == ("PAUSED", "ASKED", endpoint.url)
    assert buttons_on(sams.open("webhooks_endpoint_change", endpoint.pk)) == ["resume", "rotate"]
    give_command(sams, paused, "resume")
    assert (reload_row(endpoint).status, reload_row(endpoint).pause_reason) == ("ACTIVE", "")


@pytest.mark.parametrize("command", ["pause", "resume", "rotate"])
def test_a_click_on_a_stale_page_is_refused(endpoint: Endpoint, sams: Screen, command: str) -> None:
    give_command(sams, endpoint, "pause")
    before = snapshot()
    page = give_command(sams, endpoint, command)
    assert messages_on(page) == [f"{endpoint.url}: {STALE}"]
    assert snapshot() == before


@pytest.mark.parametrize("command", ["test", "pause", "resume", "rotate"])
def test_a_get_changes_nothing(endpoint: Endpoint, sams: Screen, command: str) -> None:
    before = snapshot()
    assert sams.open("webhooks_endpoint_command", endpoint.pk, command, version=endpoint.version).status_code == 200
    assert snapshot() == before


def test_many_are_paused_at_once(acme: Tenant, endpoint: Endpoint, sams: Screen) -> None:
    other = subscribe_endpoint(acme, "https://other.example", EventType.PAYMENT_FAILED)
    assert messages_on(sams.tick([endpoint, other], "pause")) == ["2 endpoints paused."]
    assert {reload_row(endpoint).status, reload_row(other).status} == {"PAUSED"}


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, "Well"),
        ({"failures": 3}, "Failing: 3 failed in a row"),
        ({"status": "PAUSED", "pause_reason": "ASKED"}, "Paused by staff"),
        ({"status": "PAUSED", "pause_reason": "FAILING"}, "Paused: it failed for too long"),
        ({"status": "PAUSED", "pause_reason": "GONE"}, "Paused: it answered 410 Gone"),
    ],
)
def test_list_and_page_say_how_it_does(endpoint: Endpoint, sams: Screen, values: dict[str, Any], words: str) -> None:
    update_endpoint_row(endpoint, **values)
    assert words in text_of(sams.open("webhooks_endpoint_changelist"))
    assert words in text_of(sams.open("webhooks_endpoint_change", endpoint.pk))


def test_made_active_again_its_failures_are_forgotten(endpoint: Endpoint, sams: Screen) -> None:
    give_command(sams, update_endpoint_row(endpoint, status="PAUSED", pause_reason="FAILING", failures=100), "resume")
    assert (reload_row(endpoint).status, reload_row(endpoint).failures) == ("ACTIVE", 0)


def test_a_test_leads_to_its_delivery_which_shows_what_came_of_it(acme: Tenant, sink: Sink, sams: Screen) -> None:
    hook = subscribe_endpoint(acme, sink.url(), EventType.PAYMENT_FAILED)
    sink.behaviour = answer_with(503, body=b"we are moving house")
    page = give_command(sams, hook, "test")
    address = page.redirect_chain[0][0]
    deliver_all_due()
    assert "webhook.test" in text_of(page)
    assert "we are moving house" in text_of(sams.get(address))


def test_its_page_counts_what_waits_and_what_failed(delivery: Delivery, endpoint: Endpoint, sams: Screen) -> None:
    with tenant_scope(endpoint.tenant_id):
        number = Delivery.objects.count()
        Delivery.objects.filter(pk=delivery.pk).update(status="FAILED", due_at=None, settled_at=delivery.created_at)
    backlog = sams.open("webhooks_endpoint_change", endpoint.pk).context["backlog"]
    assert [(label, count) for label, count, _ in backlog] == [("Waiting", number - 1), ("Failed", 1)]
    assert [len(rows_on(sams.get(address))) for _, _, address in backlog] == [number - 1, 1]


def test_an_endpoint_ends_with_its_deliveries(delivery: Delivery, endpoint: Endpoint, sams: Screen) -> None:
    before = snapshot()
    asked = sams.open("webhooks_endpoint_delete", endpoint.pk)
    assert str(delivery.pk) not in text_of(asked)
    assert snapshot() == before
    sams.fill("webhooks_endpoint_delete", endpoint.pk, post="yes")
    assert rows_on(sams.open("webhooks_endpoint_changelist")) == []
    assert rows_on(sams.open("webhooks_delivery_changelist")) == []
    assert count_audit_events(endpoint.pk) == 2


def test_what_is_deleted_is_counted_and_not_read(endpoint: Endpoint, delivery: Delivery, sams: Screen) -> None:
    page = sams.open("webhooks_endpoint_delete", endpoint.pk)
    with tenant_scope(endpoint.tenant_id):
        assert dict(page.context["model_count"])["deliveries"] == Delivery.objects.count()


def test_callbacks_have_no_endpoint_to_change(acme: Tenant, sams: Screen) -> None:
    with tenant_scope(acme.pk):
        host = Endpoint.objects.create(kind=Endpoint.Kind.CALLBACK, url="https://caller.example")
    before = snapshot()
    assert rows_on(sams.open("webhooks_endpoint_changelist")) == []
    give_command(sams, host, "rotate")
    sams.fill("webhooks_endpoint_delete", host.pk, post="yes")
    assert snapshot() == before


def test_a_paused_endpoint_hears_all_of_it_later(acme: Tenant, sink: Sink, sams: Screen) -> None:
    hook = subscribe_endpoint(acme, sink.url(), EventType.ORDER_STATUS_CHANGED)
    give_command(sams, hook, "pause")
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    assert sink.received == []
    give_command(sams, reload_row(hook), "resume")
    make_due_now(hook)
    deliver_all_due()
    assert len(sink.received) == 1


def test_the_form_of_a_new_one_has_one_way_on(sams: Screen) -> None:
    page = text_of(sams.open("webhooks_endpoint_add"))
    assert 'name="_save"' in page
    assert 'name="_addanother"' not in page
    assert 'name="_continue"' not in page


def test_fan_out_hears_of_a_new_endpoint(acme: Tenant, sams: Screen) -> None:
    sams.fill("webhooks_endpoint_add", store=acme.pk, **NEW)
    OrderFactory.create(tenant=acme)
    publish_all_events()
    assert len(rows_on(sams.open("webhooks_delivery_changelist"))) == 1

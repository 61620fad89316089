"""Use cases of endpoints: each change is checked, recorded and within the scope."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from events.models import Action, AuditEvent
from events.queries import scoped_events_about
from kernel import ids
from kernel.actor import ANONYMOUS, SYSTEM
from kernel.errors import DomainError, Forbidden, Invalid, LoginRequired, StaleVersion
from outbound.errors import UnsafeUrl
from pets.models import Pet
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory, acting
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import deliver_all_due, deliveries_to, publish_all_events
from tests.webhooks.sink import Sink
from webhooks.errors import EndpointNotFound, TooManyEndpoints
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.queries import get_webhook_endpoint, list_webhook_endpoints
from webhooks.services.endpoints import (
    MAX_ENDPOINTS,
    create_endpoint,
    delete_endpoint,
    rotate_secret,
    update_endpoint,
)

ORDER = EventType.ORDER_STATUS_CHANGED.value
URL = "https://hooks.example.com/petstore"


def change(endpoint: Endpoint, **changed: Any) -> Endpoint:
    values: dict[str, Any] = {"url": endpoint.url, "events": endpoint.events, "status": endpoint.status}
    return update_endpoint(endpoint_id=endpoint.id, actor=SYSTEM, **values | changed)


def last_event(endpoint: Endpoint) -> AuditEvent:
    with tenant_scope(endpoint.tenant_id):
        event: AuditEvent = AuditEvent.objects.filter(entity_id=endpoint.id).latest("id")
        return event


def test_staff_subscribe_an_endpoint_and_get_its_secret(in_acme: Tenant, sam: User) -> None:
    endpoint = create_endpoint(url=URL, events=["payment.failed", ORDER, ORDER], actor=acting(sam))
    assert (endpoint.url, endpoint.events, endpoint.status) == (URL, [ORDER, "payment.failed"], "ACTIVE")
    assert endpoint.secret.startswith("whsec_")
    assert list(list_webhook_endpoints(acting(sam))) == [endpoint]


def test_a_new_endpoint_is_in_the_journal_without_its_secret(in_acme: Tenant, sam: User) -> None:
    endpoint = create_endpoint(url=URL, events=[ORDER], actor=acting(sam))
    event = last_event(endpoint)
    assert (event.action, event.actor_id) == (Action.WEBHOOK_CREATED, sam.id)
    assert event.details == {"changes": {"url": [None, URL], "events": [None, [ORDER]]}}


@pytest.mark.parametrize("events", [[], ["order.eaten"], [ORDER, ""], ["*"]])
def test_events_that_there_are_not_are_refused(in_acme: Tenant, hook: Endpoint, events: list[str]) -> None:
    with pytest.raises(Invalid, match="at least one of"):
        create_endpoint(url=URL, events=events, actor=SYSTEM)
    with pytest.raises(Invalid, match="at least one of"):
        change(hook, events=events)
    assert list(list_webhook_endpoints(SYSTEM)) == [hook]
    assert get_webhook_endpoint(hook.id, actor=SYSTEM).events == hook.events


@pytest.mark.parametrize("url", ["http://127.0.0.1/", "ftp://hooks.example.com/", "https://10.0.0.1/", "hooks"])
def test_a_url_where_nothing_can_be_sent_is_refused(in_acme: Tenant, hook: Endpoint, url: str) -> None:
    with pytest.raises(UnsafeUrl):
        create_endpoint(url=url, events=[ORDER], actor=SYSTEM)
    with pytest.raises(UnsafeUrl):
        change(hook, url=url)
    assert [endpoint.url for endpoint in list_webhook_endpoints(SYSTEM)] == [hook.url]


def test_a_status_that_there_is_not_is_refused(in_acme: Tenant, hook: Endpoint) -> None:
    with pytest.raises(Invalid):
        change(hook, status="ASLEEP")
    assert get_webhook_endpoint(hook.id, actor=SYSTEM).version == 1


def test_a_scope_has_only_so_many(in_acme: Tenant, sink: Sink) -> None:
    for _ in range(MAX_ENDPOINTS):
        subscribe_endpoint(in_acme, URL, ORDER)
    with pytest.raises(TooManyEndpoints):
        subscribe_endpoint(in_acme, URL, ORDER)
    assert list_webhook_endpoints(SYSTEM).count() == MAX_ENDPOINTS


CALLS: list[Callable[[Endpoint, Any], object]] = [
    lambda _hook, actor: create_endpoint(url=URL, events=[ORDER], actor=actor),
    lambda hook, actor: update_endpoint(
        endpoint_id=hook.id, url=hook.url, events=[ORDER], status="PAUSED", actor=actor
    ),
    lambda hook, actor: rotate_secret(endpoint_id=hook.id, actor=actor),
    lambda hook, actor: delete_endpoint(endpoint_id=hook.id, actor=actor),
    lambda hook, actor: get_webhook_endpoint(hook.id, actor=actor),
]


@pytest.mark.parametrize("call", CALLS)
def test_only_staff_may(hook: Endpoint, in_acme: Tenant, alice: User, call: Callable[..., object]) -> None:
    for actor, refusal in ((ANONYMOUS, LoginRequired), (acting(alice), Forbidden)):
        with pytest.raises(refusal):
            call(hook, actor)
    found = Endpoint.objects.get()
    assert (found.version, found.secret, found.events) == (1, hook.secret, hook.events)


@pytest.mark.parametrize("call", CALLS[1:])
def test_a_neighbours_endpoint_is_not_there(
    hook: Endpoint, globex: Tenant, gina: User, call: Callable[..., object]
) -> None:
    with tenant_scope(globex.id), pytest.raises(EndpointNotFound):
        call(hook, acting(gina))
    with tenant_scope(hook.tenant_id):
        assert Endpoint.objects.get().version == 1


def test_a_change_is_recorded_with_what_it_changed(hook: Endpoint, in_acme: Tenant) -> None:
    after = change(hook, url=URL, events=[ORDER])
    assert (after.url, after.events, after.version) == (URL, [ORDER], 2)
    event = last_event(hook)
    assert event.action == Action.WEBHOOK_UPDATED
    assert event.details == {"changes": {"url": [hook.url, URL], "events": [hook.events, [ORDER]]}}


def test_a_pause_keeps_what_happens_meanwhile(hook: Endpoint, in_acme: Tenant, sink: Sink, rex: Pet) -> None:
    after = change(hook, status="PAUSED")
    assert (after.pause_reason, last_event(hook).action) == ("ASKED", Action.WEBHOOK_PAUSED)
    OrderFactory.create(pet=rex)
    deliver_all_due()
    assert sink.received == []
    change(after, status="ACTIVE")
    deliver_all_due()
    assert len(sink.received) == 2


def test_what_waits_for_an_endpoint_goes_where_it_has_moved(
    hook: Endpoint, in_acme: Tenant, sink: Sink, rex: Pet
) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    change(hook, url=sink.url("/moved"))
    deliver_all_due()
    assert {request.line for request in sink.received} == {"POST /moved HTTP/1.1"}


def test_a_new_secret_is_told_once_and_never_written_down_elsewhere(hook: Endpoint, in_acme: Tenant) -> None:
    after = rotate_secret(endpoint_id=hook.id, actor=SYSTEM)
    assert after.secret != hook.secret == after.previous_secret
    told = str([event.details for event in scoped_events_about(hook.id)])
    assert after.secret not in told
    assert hook.secret not in told


@pytest.mark.parametrize("call", [rotate_secret, delete_endpoint])
def test_a_stale_version_changes_nothing(hook: Endpoint, in_acme: Tenant, call: Callable[..., object]) -> None:
    with pytest.raises(StaleVersion):
        call(endpoint_id=hook.id, actor=SYSTEM, expected_version=7)
    with pytest.raises(StaleVersion):
        change(hook, url=URL, expected_version=7)
    found = get_webhook_endpoint(hook.id, actor=SYSTEM)
    assert (found.url, found.secret, found.version) == (hook.url, hook.secret, 1)


def test_an_endpoint_goes_with_all_that_waits_and_all_that_was_sent(
    hook: Endpoint, in_acme: Tenant, sink: Sink, rex: Pet
) -> None:
    other = subscribe_endpoint(in_acme, sink.url("/other"), ORDER)
    OrderFactory.create(pet=rex)
    deliver_all_due()
    OrderFactory.create(tenant=in_acme)
    publish_all_events()
    delete_endpoint(endpoint_id=hook.id, actor=SYSTEM)
    assert deliveries_to(hook) == []
    assert len(deliveries_to(other)) == 2
    assert Attempt.objects.count() == 1
    assert last_event(hook).details == {"changes": {"url": [hook.url, None]}}


def queries_to_delete(endpoint: Endpoint) -> int:
    with CaptureQueriesContext(connection) as queries:
        delete_endpoint(endpoint_id=endpoint.id, actor=SYSTEM)
    return len(queries)


def test_deleting_costs_as_many_queries_however_much_was_sent(in_acme: Tenant, sink: Sink) -> None:
    idle = subscribe_endpoint(in_acme, sink.url(), "payment.failed")
    busy = subscribe_endpoint(in_acme, sink.url(), *EventType.values)
    for _ in range(5):
        OrderFactory.create(tenant=in_acme)
    deliver_all_due()
    assert len(deliveries_to(busy)) == 10
    assert queries_to_delete(busy) == queries_to_delete(idle)
    assert not Delivery.objects.exists()


def test_an_endpoint_that_is_not_there_is_not_found(in_acme: Tenant) -> None:
    with pytest.raises(DomainError, match="no such webhook"):
        get_webhook_endpoint(ids.new_id(), actor=SYSTEM)

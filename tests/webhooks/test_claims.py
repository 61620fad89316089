"""A delivery is one worker's at a time, and nobody's who is too late (guarantees, G5)."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from events.models import AuditEvent
from kernel import clock
from kernel.actor import SYSTEM
from pets.models import Pet
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.concurrency import run_together
from tests.factories import OrderFactory, PetFactory
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import deliver_all_due, deliveries_to, publish_all_events
from tests.webhooks.sink import Sink, answer_with
from webhooks.delivery.attempts import send_claimed_delivery
from webhooks.delivery.claims import (
    ClaimedDelivery,
    claim_due_deliveries,
    find_still_claimed,
    list_waiting_endpoints,
    load_claimed_delivery,
)
from webhooks.delivery.results import settle_attempts
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services.endpoints import delete_endpoint


def orders_at(tenant: Tenant, number: int) -> None:
    """As many new orders, told."""
    for _ in range(number):
        OrderFactory.create(pet=PetFactory.create(tenant=tenant))
    publish_all_events()


def lease_over(endpoint: Endpoint) -> None:
    """As if those who have claimed its deliveries had died long ago."""
    with tenant_scope(endpoint.tenant_id):
        claimed = Delivery.objects.filter(endpoint=endpoint, claim__isnull=False)
        claimed.update(due_at=clock.now() - timedelta(seconds=1))


@pytest.mark.django_db(transaction=True)
def test_two_workers_share_what_is_due_and_neither_gets_the_others(hook: Endpoint, acme: Tenant) -> None:
    orders_at(acme, 10)
    outcome = run_together([lambda: claim_due_deliveries({hook.id: 15})] * 4)
    assert outcome.errors == []
    ids = [claimed.delivery_id for claims in outcome.results for claimed in claims]
    assert len(ids) == len(set(ids)) == 20


@pytest.mark.django_db(transaction=True)
def test_of_two_workers_one_sends(hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    orders_at(acme, 10)

    def work() -> None:
        for claimed in claim_due_deliveries({hook.id: 20}):
            settle_attempts([send_claimed_delivery(claimed)])

    outcome = run_together([work, work])
    assert outcome.errors == []
    ids = [request.headers["webhook-id"] for request in sink.received]
    assert len(ids) == len(set(ids)) == 20
    assert {one.status for one in deliveries_to(hook)} == {"SUCCEEDED"}


@pytest.mark.django_db(transaction=True)
def test_workers_who_look_and_then_take_send_twice(hook: Endpoint, acme: Tenant) -> None:
    """The negative control: the same without a claim."""
    orders_at(acme, 10)

    def look() -> set[object]:
        with all_tenants(reason="test"):
            return set(Delivery.objects.due(clock.now()).values_list("pk", flat=True))

    first, second = run_together([look, look]).results
    assert first == second != set()


def test_what_is_claimed_is_due_for_nobody_until_the_lease_ends(hook: Endpoint, acme: Tenant) -> None:
    orders_at(acme, 1)
    first = claim_due_deliveries({hook.id: 9})
    assert claim_due_deliveries({hook.id: 9}) == []
    assert list_waiting_endpoints(9, busy=(), include_failing=True) == []
    lease_over(hook)
    second = claim_due_deliveries({hook.id: 9})
    assert {one.delivery_id for one in first} == {one.delivery_id for one in second}
    assert {one.claim for one in first} != {one.claim for one in second}


def test_who_settles_after_the_lease_was_lost_changes_nothing(hook: Endpoint, rex: Pet, acme: Tenant) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    late = [send_claimed_delivery(claimed) for claimed in claim_due_deliveries({hook.id: 9})]
    lease_over(hook)
    claim_due_deliveries({hook.id: 9})
    before = [vars(one) | {"_state": None} for one in deliveries_to(hook)]
    settle_attempts(late)
    assert [vars(one) | {"_state": None} for one in deliveries_to(hook)] == before
    with tenant_scope(acme.id):
        assert not Attempt.objects.exists()


def test_who_settles_twice_writes_one_attempt(hook: Endpoint, rex: Pet, acme: Tenant) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    outcomes = [send_claimed_delivery(claimed) for claimed in claim_due_deliveries({hook.id: 1})]
    settle_attempts(outcomes)
    settle_attempts(outcomes)
    with tenant_scope(acme.id):
        assert Attempt.objects.count() == 1


def test_a_failure_that_comes_too_late_is_not_held_against_the_endpoint(
    hook: Endpoint, rex: Pet, acme: Tenant, sink: Sink
) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    sink.behaviour = answer_with(410)
    late = [send_claimed_delivery(claimed) for claimed in claim_due_deliveries({hook.id: 9})]
    lease_over(hook)
    claim_due_deliveries({hook.id: 9})
    settle_attempts(late)
    with tenant_scope(acme.id):
        endpoint = Endpoint.objects.get()
    assert (endpoint.status, endpoint.failures) == ("ACTIVE", 0)


def test_what_is_sent_while_its_endpoint_is_deleted_is_settled_nowhere(hook: Endpoint, rex: Pet, acme: Tenant) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    outcomes = [send_claimed_delivery(claimed) for claimed in claim_due_deliveries({hook.id: 9})]
    with tenant_scope(acme.id):
        delete_endpoint(endpoint_id=hook.id, actor=SYSTEM)
    settle_attempts(outcomes)
    with tenant_scope(acme.id):
        assert not Attempt.objects.exists()
        assert AuditEvent.objects.filter(entity_id=hook.id).count() == 2


def test_a_claim_is_known_by_its_token(hook: Endpoint, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    publish_all_events()
    (claimed,) = claim_due_deliveries({hook.id: 1})
    assert load_claimed_delivery(claimed.delivery_id, claimed.claim) == claimed
    assert load_claimed_delivery(claimed.delivery_id, uuid4()) is None
    assert find_still_claimed([claimed]) == {claimed.delivery_id}
    settle_attempts([send_claimed_delivery(claimed)])
    assert find_still_claimed([claimed]) == set()


def test_a_paused_endpoints_deliveries_are_not_claimed(hook: Endpoint, acme: Tenant) -> None:
    orders_at(acme, 1)
    with tenant_scope(acme.id):
        Endpoint.objects.update(status=Endpoint.Status.PAUSED)
    assert list_waiting_endpoints(9, busy=(), include_failing=True) == []
    assert claim_due_deliveries({hook.id: 9}) == []


def test_the_well_come_before_the_failing_and_the_busy_not_at_all(hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    failing, busy = (subscribe_endpoint(acme, sink.url(path), *EventType.values) for path in ("/failing", "/busy"))
    orders_at(acme, 1)
    with tenant_scope(acme.id):
        Endpoint.objects.filter(pk=failing.pk).update(failures=1, backoff_until=clock.now())
    found = list_waiting_endpoints(9, busy=[busy.id], include_failing=True)
    assert [(one.endpoint_id, one.is_failing) for one in found] == [(hook.id, False), (failing.id, True)]
    assert [one.endpoint_id for one in list_waiting_endpoints(9, busy=(), include_failing=False)] == [hook.id, busy.id]


def test_of_those_that_fail_whoever_has_waited_longest_for_a_try_comes_first(
    hook: Endpoint, acme: Tenant, sink: Sink
) -> None:
    other = subscribe_endpoint(acme, sink.url("/other"), *EventType.values)
    orders_at(acme, 1)
    with tenant_scope(acme.id):
        for endpoint, minutes in ((hook, 1), (other, 2)):
            rested = clock.now() - timedelta(minutes=minutes)
            Endpoint.objects.filter(pk=endpoint.pk).update(failures=1, backoff_until=rested)
        Delivery.objects.filter(endpoint=hook).update(due_at=clock.now() - timedelta(hours=1))
    assert [one.endpoint_id for one in list_waiting_endpoints(9, busy=(), include_failing=True)] == [other.id, hook.id]


def queries_of_a_round(hook: Endpoint, number: int) -> int:
    claims: list[ClaimedDelivery] = claim_due_deliveries({hook.id: number})
    assert len(claims) == number
    outcomes = [send_claimed_delivery(claimed) for claimed in claims]
    with CaptureQueriesContext(connection) as queries:
        settle_attempts(outcomes)
        claim_due_deliveries({hook.id: 9})
    return len(queries)


def test_a_round_costs_as_many_queries_for_many_deliveries_as_for_one(hook: Endpoint, acme: Tenant) -> None:
    orders_at(acme, 10)
    assert queries_of_a_round(hook, 1) == queries_of_a_round(hook, 8)


def test_a_delivery_that_was_delivered_is_not_delivered_again(hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    orders_at(acme, 2)
    deliver_all_due()
    heard = len(sink.received)
    deliver_all_due()
    assert len(sink.received) == heard == 4

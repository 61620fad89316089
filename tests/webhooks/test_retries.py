"""When a delivery is tried again, when its endpoint is left alone, and when it is paused (contract, Webhooks)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from events.models import Action, AuditEvent
from kernel.actor import SYSTEM
from pets.models import Pet
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory, PetFactory
from tests.webhooks.delivering import deliver_all_due, deliveries_to, make_due_now, publish_all_events
from tests.webhooks.sink import Behaviour, Sink, answer_with, send_only
from webhooks.delivery.results import MAX_FAILURES
from webhooks.delivery.retry_policy import JITTER, SCHEDULE, compute_backoff_after, next_attempt_at
from webhooks.models import Attempt, Delivery, Endpoint
from webhooks.services.endpoints import update_endpoint

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def waiting(hook: Endpoint, rex: Pet) -> Delivery:
    """The one delivery that waits for acme's endpoint, its first attempt due."""
    OrderFactory.create(pet=rex)
    publish_all_events()
    with tenant_scope(hook.tenant_id):
        Delivery.objects.filter(ordering_key=rex.id).delete()
    (delivery,) = deliveries_to(hook)
    return delivery


def reload_row(row: Any) -> Any:
    """The row as it is now."""
    with tenant_scope(row.tenant_id):
        return type(row).objects.get(pk=row.pk)


def attempts_of(delivery: Delivery) -> list[tuple[int, int | None, str]]:
    with tenant_scope(delivery.tenant_id):
        rows = Attempt.objects.filter(delivery=delivery).order_by("pk")
        return list(rows.values_list("number", "status_code", "error"))


def test_attempts_take_place_at_0_1_5_30_and_60_minutes() -> None:
    assert [moment // MINUTE for moment in SCHEDULE] == [0, 1, 5, 30, 60]


@pytest.mark.parametrize(("made", "minutes"), [(1, 1), (2, 4), (3, 25), (4, 30)])
def test_the_next_attempt_is_a_schedules_step_away_give_or_take_a_tenth(made: int, minutes: int) -> None:
    waits = {next_attempt_at(made, at=AT) for _ in range(200)}
    low, high = (AT + minutes * MINUTE * (1 + sign * JITTER) for sign in (-1, 1))
    second = timedelta(seconds=1)
    assert all(wait is not None and low - second <= wait <= high + second for wait in waits)
    assert len(waits) > 1


def test_there_is_no_sixth_attempt() -> None:
    assert next_attempt_at(5, at=AT, retry_after=10) is None


@pytest.mark.parametrize(("asked", "seconds"), [(600, 600), (86_400, 3600)])
def test_a_receiver_is_given_the_time_it_asks_for_up_to_an_hour(asked: int, seconds: int) -> None:
    assert next_attempt_at(1, at=AT, retry_after=asked) == AT + timedelta(seconds=seconds)


def test_a_receiver_cannot_ask_for_an_earlier_attempt() -> None:
    due_at = next_attempt_at(4, at=AT, retry_after=1)
    assert due_at is not None
    assert due_at >= AT + 27 * MINUTE


def test_a_rest_doubles_up_to_a_minute() -> None:
    assert [compute_backoff_after(failures).seconds for failures in (1, 2, 3, 5, 6, 7, 1000)] == [
        2,
        4,
        8,
        32,
        60,
        60,
        60,
    ]


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        (answer_with(500, body=b"oops"), (1, 500, "")),
        (answer_with(302, head="Location: /\r\n"), (1, 302, "redirect")),
        (send_only(b""), (1, None, "connection")),
    ],
)
def test_an_attempt_in_vain_is_written_and_tried_again_later(
    waiting: Delivery, sink: Sink, behaviour: Behaviour, told: tuple[int, int | None, str]
) -> None:
    sink.behaviour = behaviour
    deliver_all_due()
    after = reload_row(waiting)
    assert attempts_of(waiting) == [told]
    assert (after.status, after.attempts_made, after.claim) == ("PENDING", 1, None)
    assert after.due_at > waiting.due_at
    assert len(sink.received) == 1


def test_what_the_receiver_said_is_kept_for_staff(waiting: Delivery, sink: Sink) -> None:
    sink.behaviour = answer_with(422, body=b"no such shop")
    deliver_all_due()
    with tenant_scope(waiting.tenant_id):
        assert Attempt.objects.get(delivery=waiting).answer == "no such shop"


def test_a_success_ends_it(waiting: Delivery, sink: Sink) -> None:
    sink.behaviour = answer_with(299)
    deliver_all_due()
    after = reload_row(waiting)
    assert (after.status, after.due_at, after.claim, after.attempts_made) == ("SUCCEEDED", None, None, 1)
    assert after.settled_at is not None
    assert attempts_of(waiting) == [(1, 299, "")]


def test_the_fifth_attempt_in_vain_is_the_last(waiting: Delivery, hook: Endpoint, sink: Sink) -> None:
    sink.behaviour = answer_with(500)
    for _ in range(7):
        make_due_now(hook)
        deliver_all_due()
    assert reload_row(waiting).status == "FAILED"
    assert [number for number, _, _ in attempts_of(waiting)] == [1, 2, 3, 4, 5]
    assert len({request.headers["webhook-id"] for request in sink.received}) == 1


def test_a_success_makes_good_for_all_failures(waiting: Delivery, hook: Endpoint, sink: Sink) -> None:
    sink.behaviour = answer_with(500)
    deliver_all_due()
    assert (reload_row(hook).failures, reload_row(hook).backoff_until is None) == (1, False)
    sink.behaviour = answer_with()
    make_due_now(hook)
    deliver_all_due()
    assert (reload_row(hook).failures, reload_row(hook).backoff_until) == (0, None)


def test_an_endpoint_that_rests_is_left_alone(waiting: Delivery, hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    sink.behaviour = answer_with(500)
    deliver_all_due()
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    assert len(sink.received) == 1


def test_attempts_at_one_time_count_once(hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    for _ in range(4):
        OrderFactory.create(pet=PetFactory.create(tenant=acme))
    sink.behaviour = answer_with(500)
    deliver_all_due()
    assert len(sink.received) == 8
    assert reload_row(hook).failures == 1


def test_an_endpoint_that_fails_gets_one_probe_and_then_all_the_rest(hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    for _ in range(4):
        OrderFactory.create(pet=PetFactory.create(tenant=acme))
    publish_all_events()
    with tenant_scope(acme.id):
        Endpoint.objects.update(failures=3)
    sink.behaviour = answer_with(500)
    deliver_all_due()
    assert len(sink.received) == 1
    sink.behaviour = answer_with()
    make_due_now(hook)
    deliver_all_due()
    assert {one.status for one in deliveries_to(hook)} == {"SUCCEEDED"}


def paused(endpoint: Endpoint) -> tuple[str, str]:
    after = reload_row(endpoint)
    return after.status, after.pause_reason


def test_an_endpoint_that_is_gone_is_paused_and_what_waits_for_it_is_kept(
    waiting: Delivery, hook: Endpoint, sink: Sink
) -> None:
    sink.behaviour = answer_with(410)
    deliver_all_due()
    assert paused(hook) == ("PAUSED", "GONE")
    assert reload_row(hook).version == hook.version + 1
    assert reload_row(waiting).status == "PENDING"
    make_due_now(hook)
    deliver_all_due()
    assert len(sink.received) == 1


def test_a_pause_is_in_the_journal(waiting: Delivery, hook: Endpoint, sink: Sink) -> None:
    sink.behaviour = answer_with(410)
    deliver_all_due()
    with tenant_scope(hook.tenant_id):
        event = AuditEvent.objects.get(action=Action.WEBHOOK_PAUSED)
    assert (event.entity_id, event.actor_id) == (hook.id, None)
    assert event.details == {"changes": {"status": ["ACTIVE", "PAUSED"]}, "reason": "GONE"}


def test_an_endpoint_that_took_nothing_through_a_whole_schedule_is_paused(
    waiting: Delivery, hook: Endpoint, sink: Sink
) -> None:
    sink.behaviour = answer_with(500)
    for _ in range(5):
        assert paused(hook) == ("ACTIVE", "")
        make_due_now(hook)
        deliver_all_due()
    assert paused(hook) == ("PAUSED", "FAILING")


def test_an_endpoint_that_took_something_meanwhile_is_not(
    waiting: Delivery, hook: Endpoint, acme: Tenant, sink: Sink
) -> None:
    sink.behaviour = answer_with(500)
    deliver_all_due()
    with tenant_scope(acme.id):
        Delivery.objects.filter(pk=waiting.pk).update(attempts_made=4)
        Endpoint.objects.update(failures=0, backoff_until=None)
    sink.behaviour = answer_with()
    with tenant_scope(acme.id):
        Delivery.objects.filter(pk=waiting.pk).update(due_at=None)
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    with tenant_scope(acme.id):
        Endpoint.objects.update(failures=9)
        Delivery.objects.filter(pk=waiting.pk).update(due_at=waiting.due_at)
    sink.behaviour = answer_with(500)
    deliver_all_due()
    assert reload_row(waiting).status == "FAILED"
    assert paused(hook) == ("ACTIVE", "")


def test_an_endpoint_that_fails_on_and_on_is_paused_however_much_waits(
    waiting: Delivery, hook: Endpoint, sink: Sink
) -> None:
    with tenant_scope(hook.tenant_id):
        Endpoint.objects.update(failures=MAX_FAILURES - 1)
    sink.behaviour = answer_with(500)
    deliver_all_due()
    assert paused(hook) == ("PAUSED", "FAILING")
    assert reload_row(waiting).status == "PENDING"


def test_an_endpoint_that_staff_resume_hears_at_once_what_it_missed(
    waiting: Delivery, hook: Endpoint, acme: Tenant, sink: Sink
) -> None:
    sink.behaviour = answer_with(410)
    deliver_all_due()
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    sink.behaviour = answer_with()
    with tenant_scope(acme.id):
        update_endpoint(endpoint_id=hook.id, url=hook.url, events=hook.events, status="ACTIVE", actor=SYSTEM)
    deliver_all_due()
    assert {one.status for one in deliveries_to(hook)} == {"SUCCEEDED"}
    assert (paused(hook), reload_row(hook).failures) == (("ACTIVE", ""), 0)

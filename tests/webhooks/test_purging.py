"""`purge --deliveries`: what was settled long ago goes, with all that hangs on it; what waits stays."""

from datetime import datetime, timedelta

import pytest

from kernel import clock, ids
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.commands.conftest import Run, run
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.sink import Sink
from webhooks.models import Attempt, Delivery, Endpoint, Message

__all__ = ["run"]


def sent(endpoint: Endpoint, days_ago: int, status: str = "SUCCEEDED") -> Delivery:
    """A delivery of some days ago, its message and its attempt."""
    at = clock.now() - timedelta(days=days_ago)
    message = Message(id=ids.new_id(), event_type="order.statusChanged", body="{}", created_at=at)
    message.save()
    delivery = Delivery(endpoint=endpoint, message=message, ordering_key=endpoint.id, status=status, created_at=at)
    delivery.settled_at = None if status == "PENDING" else at
    delivery.save()
    Attempt(delivery=delivery, number=1, at=at, duration_ms=5, status_code=200).save()
    return delivery


def called_back(days_ago: int) -> Endpoint:
    """The endpoint of callbacks."""
    at: datetime = clock.now() - timedelta(days=days_ago)
    endpoint = Endpoint(kind=Endpoint.Kind.CALLBACK, url="", created_at=at)
    endpoint.save()
    return endpoint


def list_kept_deliveries() -> set[Delivery]:
    """The deliveries that are left; attempts and messages of no others are."""
    left = set(Delivery.objects.all())
    assert set(Attempt.objects.values_list("delivery", flat=True)) == {one.pk for one in left}
    assert set(Message.objects.values_list("pk", flat=True)) == {one.message_id for one in left}
    return left


@pytest.mark.usefixtures("in_acme")
def test_what_was_settled_a_month_ago_goes_and_the_rest_stays(run: Run, hook: Endpoint) -> None:
    sent(hook, 31)
    sent(hook, 31, "FAILED")
    young, waiting = sent(hook, 29, "FAILED"), sent(hook, 31, "PENDING")
    assert run("purge", "--deliveries") == "2 settled webhook deliveries deleted.\n"
    assert list_kept_deliveries() == {young, waiting}


@pytest.mark.usefixtures("in_acme")
def test_how_long_is_long_is_for_the_operator_to_say(run: Run, hook: Endpoint) -> None:
    sent(hook, 3)
    young = sent(hook, 1)
    run("purge", "--deliveries", "--older-than", "2d")
    assert list_kept_deliveries() == {young}


@pytest.mark.usefixtures("in_acme")
def test_a_dry_run_deletes_nothing(run: Run, hook: Endpoint) -> None:
    old = sent(hook, 31)
    assert run("purge", "--deliveries", "--dry-run") == "1 settled webhook deliveries would be deleted.\n"
    assert list_kept_deliveries() == {old}


@pytest.mark.usefixtures("in_acme")
def test_without_a_choice_of_kinds_young_deliveries_stay(run: Run, hook: Endpoint) -> None:
    old, young = sent(hook, 31), sent(hook, 2)
    run("purge")
    assert list_kept_deliveries() == {young} != {old}


@pytest.mark.usefixtures("in_acme")
def test_a_message_that_another_endpoint_still_waits_for_stays(run: Run, hook: Endpoint) -> None:
    message = sent(hook, 31).message
    other = called_back(31)
    waiting = Delivery(endpoint=other, message=message, ordering_key=other.id)
    waiting.save()
    Attempt(delivery=waiting, number=1, duration_ms=5).save()
    run("purge", "--deliveries")
    assert list_kept_deliveries() == {waiting}


@pytest.mark.usefixtures("in_acme")
def test_the_endpoint_that_all_callbacks_share_stays(run: Run, hook: Endpoint) -> None:
    shared = called_back(32)
    sent(shared, 31)
    run("purge", "--deliveries")
    assert set(Endpoint.objects.all()) == {hook, shared}


def test_every_tenants_deliveries_grow_old(run: Run, hook: Endpoint, globex: Tenant, sink: Sink) -> None:
    for endpoint in (hook, subscribe_endpoint(globex, sink.url(), EventType.PAYMENT_FAILED)):
        with tenant_scope(endpoint.tenant_id):
            sent(endpoint, 31)
    assert run("purge", "--deliveries").startswith("2 ")

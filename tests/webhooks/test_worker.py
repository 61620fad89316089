"""The worker as an operator runs it, and a receiver that keeps it waiting."""

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import DatabaseError
from pytest_django import Settings

from kernel import clock
from pets.models import Pet
from petstore.server import worker_loop
from petstore.server.worker_loop import Job
from public_events.event_types import EventType
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.commands.conftest import Run, run
from tests.factories import OrderFactory
from tests.server.server import wait_until
from tests.webhooks.conftest import subscribe_endpoint
from tests.webhooks.delivering import deliver_all_due, deliveries_to, publish_all_events
from tests.webhooks.elsewhere import run_worker
from tests.webhooks.processes import running_process
from tests.webhooks.sink import Behaviour, Sink, answer_with, listening_sink, stay_silent
from webhooks.delivery import dispatcher as dispatcher_module
from webhooks.delivery.concurrency import THREADS
from webhooks.delivery.dispatcher import Dispatcher
from webhooks.delivery.in_flight import in_flight_deliveries
from webhooks.models import Delivery, Endpoint

__all__ = ["run"]
PATIENCE = 30


def test_the_webhook_worker_ends_when_nothing_is_due(run: Run, hook: Endpoint, sink: Sink, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    assert run("deliver_webhooks", "--once") == "2 attempts, 2 taken by their receivers.\n"
    assert len(sink.received) == 2
    assert run("deliver_webhooks", "--once") == "0 attempts, 0 taken by their receivers.\n"


def test_what_a_receiver_refuses_is_an_attempt_that_was_not_taken(
    run: Run, hook: Endpoint, sink: Sink, rex: Pet
) -> None:
    sink.behaviour = answer_with(500)
    OrderFactory.create(pet=rex)
    assert run("deliver_webhooks", "--once") == "2 attempts, 0 taken by their receivers.\n"


def test_no_more_are_on_their_way_than_there_are_threads(hook: Endpoint, sink: Sink, acme: Tenant) -> None:
    for _ in range(4):
        subscribe_endpoint(acme, sink.url(), *EventType.values)
    for _ in range(8):
        OrderFactory.create(tenant=acme)
    released = threading.Event()
    sink.behaviour = waiting_for(released)
    publish_all_events()
    dispatcher = Dispatcher()
    assert dispatcher.run_one_round() + dispatcher.run_one_round() == THREADS
    released.set()
    dispatcher.run_until_idle()
    assert len(sink.received) == 5 * 8 * 2


def waiting_for(released: threading.Event) -> Behaviour:
    """A receiver that answers late."""

    def answer(connection: socket.socket) -> None:
        released.wait(PATIENCE)
        answer_with()(connection)

    return answer


def test_a_receiver_that_hangs_keeps_nobody_else_waiting(
    hook: Endpoint, sink: Sink, acme: Tenant, settings: Settings
) -> None:
    released = threading.Event()
    with listening_sink(waiting_for(released)) as slow:
        settings.OUTBOUND_ALLOW = {sink.endpoint, slow.endpoint}
        hanging = subscribe_endpoint(acme, slow.url(), *EventType.values)
        for _ in range(30):
            OrderFactory.create(tenant=acme)
        publish_all_events()
        dispatcher = Dispatcher()
        while any(one.status == "PENDING" for one in deliveries_to(hook)):
            dispatcher.run_one_round()
            dispatcher.wait_for_results(0.1)
        assert {one.status for one in deliveries_to(hanging)} == {"PENDING"}
        released.set()
        dispatcher.run_until_idle()
    assert {one.status for one in deliveries_to(hanging)} == {"SUCCEEDED"}


def test_when_it_stops_it_settles_what_comes_back_and_sends_nothing_more(
    hook: Endpoint, sink: Sink, acme: Tenant
) -> None:
    released = threading.Event()
    sink.behaviour = waiting_for(released)
    for _ in range(20):
        OrderFactory.create(tenant=acme)
    publish_all_events()
    dispatcher = Dispatcher()
    sent = dispatcher.run_one_round()
    released.set()
    assert dispatcher.finish_in_flight(PATIENCE) == sent < 40
    assert [one.status for one in deliveries_to(hook)].count("SUCCEEDED") == sent == len(sink.received)


def test_when_it_stops_it_leaves_what_hangs_to_the_lease(hook: Endpoint, sink: Sink, rex: Pet) -> None:
    released = threading.Event()
    sink.behaviour = waiting_for(released)
    OrderFactory.create(pet=rex)
    publish_all_events()
    dispatcher = Dispatcher()
    dispatcher.run_one_round()
    assert dispatcher.finish_in_flight(0.1) == 0
    assert all(one.claim and one.due_at and one.due_at > clock.now() for one in deliveries_to(hook))
    released.set()
    dispatcher.run_until_idle()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_worker_ends_politely_though_a_receiver_hangs(hook: Endpoint, sink: Sink, rex: Pet, number: int) -> None:
    sink.behaviour = stay_silent
    OrderFactory.create(pet=rex)
    with running_process(sink, run_worker, PATIENCE) as worker:
        wait_until(lambda: len(sink.received) == 2)
        worker.send_signal(number)
        assert worker.wait(PATIENCE) == 0
    assert {one.status for one in deliveries_to(hook)} == {"PENDING"}


@pytest.fixture
def stop() -> Iterator[threading.Event]:
    """It stops in any case, after a while."""
    stop = threading.Event()
    timer = threading.Timer(PATIENCE, stop.set)
    timer.start()
    yield stop
    timer.cancel()


def failing_once(error: Exception) -> tuple[Callable[[], int], list[str]]:
    """Work that fails the first time, and what it has to tell."""
    told: list[str] = []

    def work() -> int:
        told.append("tried")
        if len(told) == 1:
            raise error
        return 0

    return work, told


@pytest.mark.parametrize("error", [DatabaseError("away"), KeyError("unreadable")])
def test_a_job_that_fails_is_told_and_tried_again(
    stop: threading.Event, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    work, told = failing_once(error)
    job = Job("errand", work, rest=lambda _seconds: stop.set() if len(told) > 1 else None)
    worker_loop.run_jobs([job], stop)
    assert told == ["tried", "tried"]
    assert "errand: trying again" in caplog.text


def test_a_job_does_not_wait_for_another(stop: threading.Event, db: None) -> None:
    met = threading.Barrier(2)

    def meet() -> int:
        met.wait(PATIENCE)
        stop.set()
        return 1

    worker_loop.run_jobs([Job("one", meet), Job("other", meet)], stop)
    assert not met.broken


def test_what_another_process_has_sent_and_settled_is_no_longer_waited_for(
    hook: Endpoint, sink: Sink, rex: Pet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher_module, "ELSEWHERE_AFTER", timedelta(seconds=-1))
    released = threading.Event()
    sink.behaviour = waiting_for(released)
    OrderFactory.create(pet=rex)
    publish_all_events()
    dispatcher = Dispatcher()
    dispatcher.run_one_round()
    with tenant_scope(hook.tenant_id):
        Delivery.objects.update(status="SUCCEEDED", due_at=None, claim=None, settled_at=clock.now())
    dispatcher.run_one_round()
    assert dispatcher.is_idle
    released.set()
    dispatcher.wait_for_results(PATIENCE)


def test_a_dispatcher_that_rests_is_woken_when_there_is_something_to_send(db: None) -> None:
    in_flight_deliveries.take_attempt_results()
    resting = threading.Thread(target=Dispatcher().wait_for_results, args=(10 * PATIENCE,), daemon=True)
    resting.start()
    in_flight_deliveries.wake_dispatcher()
    resting.join(PATIENCE)
    assert not resting.is_alive()


def test_all_that_was_told_is_delivered_before_the_end(hook: Endpoint, sink: Sink, rex: Pet) -> None:
    OrderFactory.create(pet=rex)
    assert deliver_all_due().accepted == len(sink.received) == 2

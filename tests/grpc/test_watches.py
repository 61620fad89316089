"""WatchOrder over the wire: the story so far, then what happens, to whoever may see it (contract, gRPC)."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import grpc
import pytest
from django.db import OperationalError, connections

from accounts.models import User
from events.queries import count_pending_events
from kernel.actor import SYSTEM
from orders.models import Order
from orders.states import Command, Status
from payments.gateways.sandbox import DECLINED_CARD
from payments.services.order_transitions import transition_order
from petstore.interfaces.entry import order_listeners
from petstore.interfaces.grpc import watches
from petstore.interfaces.live import poller
from petstore.interfaces.live.poller import order_poller
from petstore.interfaces.live.streams import LIMITS, streams
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory
from tests.grpc.loopback import (
    Loopback,
    Watch,
    at,
    bearer,
    name_event,
    news_of,
    next_of,
    reason_of,
    rest_of,
    run_with_server,
)
from tests.orders.moving import order_in
from tests.payments.paying import pay
from tests.rest.listening import meanwhile
from tests.rest.tokens import suspend
from tests.server.server import wait_until
from tests.webhooks.delivering import publish_all_events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Looks follow one another quickly, a worker seals, and the end of one server is not that of the next."""
    monkeypatch.setattr(poller, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(order_poller, "is_closed", False)
    with _sealing():
        yield


@contextmanager
def _sealing() -> Iterator[None]:
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.02):
            publish_all_events()
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    yield
    stop.set()
    worker.join(60)


@pytest.fixture
def order(pool: Tenant) -> Order:
    """An anonymous order in the shared pool."""
    placed: Order = OrderFactory.create()
    wait_until(lambda: count_pending_events() == 0)
    return placed


def _move(order: Order, *commands: Command) -> None:
    with tenant_scope(order.tenant_id):
        for command in commands:
            transition_order(order_id=order.id, command=command, actor=SYSTEM, reason="As agreed.")


def test_the_story_is_told_then_what_happens_and_the_watch_ends_well_with_the_order(order: Order) -> None:
    async def story(served: Loopback) -> None:
        watch = served.watch(order, (("x-request-id", "watch-1"),))
        first = await next_of(watch)
        assert dict(await watch.initial_metadata())["x-request-id"] == "watch-1"
        await meanwhile(pay, order, DECLINED_CARD)
        began = time.monotonic()
        second = await next_of(watch)
        assert time.monotonic() - began < 3
        await meanwhile(pay, order)
        await meanwhile(_move, order, Command.SHIP, Command.DELIVER)
        events = [first, second, *await rest_of(watch)]
        told = ["PLACED", "payment.failed", "APPROVED", "payment.succeeded", "SHIPPED", "DELIVERED"]
        assert [name_event(event) for event in events] == told
        assert len({event.event_id for event in events}) == len(told)
        assert await watch.code() is grpc.StatusCode.OK
        assert served.counted == [("gRPC", watches.WATCH_ORDER, "OK")]

    run_with_server(story)


def test_whoever_comes_again_hears_what_they_missed_and_an_unknown_event_begins_the_story(order: Order) -> None:
    async def story(served: Loopback) -> None:
        watch = served.watch(order)
        last = await next_of(watch)
        watch.cancel()
        await meanwhile(_move, order, Command.APPROVE)
        resumed = served.watch(order, after=last.event_id)
        assert name_event(await next_of(resumed)) == "APPROVED"
        await meanwhile(_move, order, Command.CANCEL)
        assert await news_of(resumed) == ["CANCELLED"]
        for unknown in (str(order.id), "no id"):
            assert await news_of(served.watch(order, after=unknown)) == ["PLACED", "APPROVED", "CANCELLED"]

    run_with_server(story)


def test_an_order_at_its_end_is_told_and_whoever_has_all_is_told_nothing(pool: Tenant) -> None:
    delivered = order_in(Status.DELIVERED)
    wait_until(lambda: count_pending_events() == 0)

    async def story(served: Loopback) -> None:
        events = await rest_of(served.watch(delivered))
        assert [name_event(event) for event in events] == ["PLACED", "APPROVED", "SHIPPED", "DELIVERED"]
        assert await news_of(served.watch(delivered, after=events[-1].event_id)) == []

    run_with_server(story)


def test_an_order_is_shown_to_those_only_who_may_read_it(
    acme: Tenant, globex: Tenant, alice: User, bob: User, sam: User, charlie: User, gina: User
) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    wait_until(lambda: count_pending_events() == 0)

    async def story(served: Loopback) -> None:
        assert await _first_answer(served, order, bearers[alice]) == "PLACED"
        assert await _first_answer(served, order, bearers[sam]) == "PLACED"
        assert await _first_answer(served, order, bearers[bob]) == "PERMISSION_DENIED"
        assert await _first_answer(served, order, at(acme)) == "UNAUTHENTICATED"
        assert await _first_answer(served, order, (("authorization", "Bearer x"), *at(acme))) == "UNAUTHENTICATED"
        for stranger in (charlie, gina):
            assert await _first_answer(served, order, bearers[stranger]) == "NOT_FOUND"

    bearers = {user: bearer(user) for user in (alice, bob, sam, charlie, gina)}
    run_with_server(story)


async def _first_answer(served: Loopback, order: Order, metadata: tuple[tuple[str, str], ...]) -> str:
    """The first event, or the code of the refusal."""
    watch = served.watch(order, metadata)
    try:
        return name_event(await next_of(watch))
    except grpc.aio.AioRpcError as error:
        return error.code().name
    finally:
        watch.cancel()


async def _end_of(watch: Watch) -> tuple[str, str, float]:
    with pytest.raises(grpc.aio.AioRpcError) as ended:
        await news_of(watch)
    return reason_of(ended.value)


def test_a_cancelled_watch_frees_its_place(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    """Many are opened and cancelled, of which two may be open at a time."""
    monkeypatch.setattr(streams, "_limits", replace(LIMITS, per_subject=2))

    async def story(served: Loopback) -> None:
        kept = served.watch(order)
        await next_of(kept)
        for _ in range(20):
            watch = served.watch(order)
            assert name_event(await next_of(watch)) == "PLACED"
            assert await _end_of(served.watch(order)) == ("RESOURCE_EXHAUSTED", "RATE_LIMIT_EXCEEDED", 30)
            watch.cancel()
            while len(streams) > 1:
                await asyncio.sleep(0.01)
        kept.cancel()

    run_with_server(story)


def test_a_full_process_sends_watches_away_for_a_while(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_limits", replace(LIMITS, per_process=0))

    async def story(served: Loopback) -> None:
        assert await _end_of(served.watch(order)) == ("UNAVAILABLE", "INTERNAL_SERVER_ERROR", 5)

    run_with_server(story)


def test_whoever_is_suspended_hears_no_more(acme: Tenant, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)
    order, metadata = OrderFactory.create(tenant=acme, customer=alice), bearer(alice)
    wait_until(lambda: count_pending_events() == 0)

    async def story(served: Loopback) -> None:
        watch = served.watch(order, metadata)
        assert name_event(await next_of(watch)) == "PLACED"
        await meanwhile(suspend, alice)
        assert await _end_of(watch) == ("UNAUTHENTICATED", "UNAUTHORIZED", -1)

    run_with_server(story)


def test_an_old_watch_is_to_come_again(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watches, "MAX_SECONDS", 0.0)

    async def story(served: Loopback) -> None:
        watch = served.watch(order)
        assert name_event(await next_of(watch)) == "PLACED"
        assert await _end_of(watch) == ("UNAVAILABLE", "INTERNAL_SERVER_ERROR", 1)

    run_with_server(story)


def test_a_server_that_stops_sends_its_watches_away(order: Order) -> None:
    async def story(served: Loopback) -> None:
        watch = served.watch(order)
        assert name_event(await next_of(watch)) == "PLACED"
        served.server.stop_within_grace(10)
        began = time.monotonic()
        assert await _end_of(watch) == ("UNAVAILABLE", "INTERNAL_SERVER_ERROR", 1)
        assert time.monotonic() - began < 5

    run_with_server(story)


def test_a_watch_that_meets_a_database_that_is_away_is_to_come_again(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)

    def fail(_listener: object) -> None:
        raise OperationalError

    async def story(served: Loopback) -> None:
        watch = served.watch(order)
        assert name_event(await next_of(watch)) == "PLACED"
        monkeypatch.setattr(order_listeners.OrderListener, "read_visible_feed", fail)
        assert await _end_of(watch) == ("UNAVAILABLE", "INTERNAL_SERVER_ERROR", 1)

    run_with_server(story)


def test_many_watches_leave_unary_calls_their_threads(order: Order) -> None:
    async def story(served: Loopback) -> None:
        open_watches = [served.watch(order) for _ in range(6)]
        for watch in open_watches:
            assert name_event(await next_of(watch)) == "PLACED"
        await served.call("/petstore.v1.PetService/ListPets", b"")
        await meanwhile(partial(_move, order, Command.CANCEL))
        assert await asyncio.gather(*map(news_of, open_watches)) == [["CANCELLED"]] * 6

    run_with_server(story)

"""GET /v1/orders/{id}/events over ASGI: an order's news as they happen (contract, SSE)."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connections

from accounts.models import User
from accounts.services.tenants import change_tenant, remove_tenant_member
from events.queries import count_pending_events, read_newest_position
from kernel import clock
from kernel.actor import SYSTEM
from orders.errors import NotYourOrder
from orders.models import Order
from orders.states import Command, Status
from payments.gateways.sandbox import DECLINED_CARD
from payments.services.order_transitions import transition_order
from petstore import asgi
from petstore.interfaces.entry import event_streams, order_listeners
from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.interfaces.live import poller
from petstore.interfaces.live.poller import order_poller, run_in_reader
from petstore.interfaces.live.streams import LIMITS, streams
from petstore.server.asgi_handler import ThreadedHandler
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory, TenantFactory
from tests.minting import tokens_for
from tests.orders.moving import order_in
from tests.payments.paying import pay
from tests.rest.listening import Stream, close_threads_of, meanwhile
from tests.rest.tokens import suspend
from tests.server.server import wait_until
from tests.webhooks.delivering import publish_all_events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Looks follow one another quickly, a worker seals, and the application has request threads of its own."""
    monkeypatch.setattr(poller, "POLL_SECONDS", 0.02)
    handler = ThreadedHandler(build_refused_response)
    monkeypatch.setattr(asgi.application, "handler", handler)
    with sealing():
        yield
    close_threads_of(handler)


@contextmanager
def sealing() -> Iterator[None]:
    """A worker that seals and tells meanwhile."""
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


def _listen(order: Order, **more: str) -> Stream:
    return Stream(f"/v1/orders/{order.id}/events", **more)


def _move(order: Order, *commands: Command) -> None:
    with tenant_scope(order.tenant_id):
        for command in commands:
            transition_order(order_id=order.id, command=command, actor=SYSTEM, reason="As agreed.")


def _run(story: Coroutine[Any, Any, Any]) -> Any:
    """The story, at whose end nobody is left waiting."""

    async def told() -> Any:
        result = await story
        assert (len(order_poller), streams.is_clear) == (0, True)
        await run_in_reader(connections.close_all)
        return result

    return asyncio.run(told())


def _news(stream: Stream) -> list[str]:
    return [one.data.get("newStatus") or one.event for one in stream.heard]


def test_what_happens_is_told_as_it_happens_and_the_stream_ends_with_the_order(order: Order) -> None:
    async def story() -> Stream:
        async with _listen(order) as stream:
            await stream.until(1)
            await meanwhile(pay, order, DECLINED_CARD)
            await stream.until(2)
            await meanwhile(pay, order)
            await stream.until(4)
            await meanwhile(_move, order, Command.SHIP, Command.DELIVER)
            await stream.to_its_end()
        return stream

    stream = _run(story())
    assert stream.head["status"] == 200
    assert (b"Content-Type", b"text/event-stream") in stream.head["headers"]
    assert _news(stream) == ["PLACED", "payment.failed", "APPROVED", "payment.succeeded", "SHIPPED", "DELIVERED"]
    assert len({one.id for one in stream.heard}) == 6


@pytest.mark.parametrize("minutes", [-60, 60])
def test_a_change_by_a_machine_whose_clock_is_wrong_is_told_at_once(
    order: Order, monkeypatch: pytest.MonkeyPatch, minutes: int
) -> None:
    """As long as a transaction takes, so old is what it writes when others see it."""
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 3600.0)
    wrong = clock.now() + timedelta(minutes=minutes)

    async def story() -> Stream:
        async with _listen(order) as stream:
            await stream.until(1)
            monkeypatch.setattr(clock, "now", lambda: wrong)
            await meanwhile(_move, order, Command.APPROVE)
            await stream.until(2)
            await meanwhile(_move, order, Command.CANCEL)
            await stream.to_its_end()
        return stream

    assert _news(_run(story())) == ["PLACED", "APPROVED", "CANCELLED"]


def test_whoever_connects_again_hears_what_they_missed_and_goes_on(order: Order) -> None:
    async def story() -> Stream:
        async with _listen(order) as first:
            (last,) = await first.until(1)
        await meanwhile(_move, order, Command.APPROVE)
        async with _listen(order, last_event_id=last.id) as second:
            await second.until(1)
            await meanwhile(_move, order, Command.CANCEL)
            await second.to_its_end()
        return second

    assert _news(_run(story())) == ["APPROVED", "CANCELLED"]


def test_a_process_that_is_to_end_ends_its_streams_and_those_that_come_now(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_poller, "is_closed", False)

    async def story() -> tuple[Stream, Stream]:
        async with _listen(order) as first, _listen(order) as second:
            await first.until(1)
            await second.until(1)
            order_poller.close_all_watches()
            await first.to_its_end()
            await second.to_its_end()
        async with _listen(order) as late:
            await late.to_its_end()
        return second, late

    assert [_news(stream) for stream in _run(story())] == [["PLACED"], ["PLACED"]]


def test_many_streams_leave_the_others_their_threads(order: Order) -> None:
    async def story() -> list[Stream]:
        async with _listen(order) as one, _listen(order) as two, _listen(order) as three, _listen(order) as four:
            streams = [one, two, three, four]
            async with Stream("/v1/pets", accept="application/json") as other:
                assert other.head["status"] == 200
            await meanwhile(_move, order, Command.CANCEL)
            for stream in streams:
                await stream.to_its_end()
        return streams

    assert [_news(stream) for stream in _run(story())] == [["PLACED", "CANCELLED"]] * 4


def test_each_hears_of_their_own_order_in_their_own_store(order: Order) -> None:
    shop = TenantFactory.create(access=Tenant.Access.OPEN)
    theirs: Order = OrderFactory.create(tenant=shop)

    async def story() -> tuple[Stream, Stream]:
        async with _listen(order) as ours, _listen(theirs, x_tenant_id=str(shop.id)) as other:
            await meanwhile(_move, theirs, Command.APPROVE)
            await meanwhile(_move, order, Command.CANCEL)
            await other.until(2)
            await ours.to_its_end()
        return ours, other

    ours, other = _run(story())
    assert (_news(ours), _news(other)) == (["PLACED", "CANCELLED"], ["PLACED", "APPROVED"])


def test_while_nothing_happens_a_comment_keeps_it_alive(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)

    async def story() -> Stream:
        async with _listen(order) as stream:
            for _ in range(3):
                await stream.until_a_comment()
        return stream

    assert _news(_run(story())) == ["PLACED"]


def test_news_that_nobody_wakes_it_for_are_told_with_the_next_comment(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(poller, "POLL_SECONDS", 3600)
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)

    async def story() -> Stream:
        async with _listen(order) as stream:
            await meanwhile(_move, order, Command.CANCEL)
            await stream.to_its_end()
        return stream

    assert _news(_run(story())) == ["PLACED", "CANCELLED"]


def test_it_ends_after_its_time_and_whoever_connects_again_goes_on(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_streams, "MAX_SECONDS", 0.0)

    async def story() -> Stream:
        async with _listen(order) as stream:
            await stream.to_its_end()
        return stream

    assert _news(_run(story())) == ["PLACED"]


def test_an_order_at_its_end_is_told_and_not_waited_for(pool: Tenant) -> None:
    delivered = order_in(Status.DELIVERED)

    async def story() -> Stream:
        async with _listen(delivered) as stream:
            await stream.to_its_end()
        return stream

    assert _news(_run(story())) == ["PLACED", "APPROVED", "SHIPPED", "DELIVERED"]


@pytest.mark.parametrize(
    ("bound", "status", "retry_after"),
    [("per_process", 503, b"5"), ("per_subject", 429, b"30"), ("per_stranger", 429, b"30")],
)
def test_one_stream_more_than_a_bound_is_refused_until_another_ends(
    order: Order, monkeypatch: pytest.MonkeyPatch, bound: str, status: int, retry_after: bytes
) -> None:
    monkeypatch.setattr(streams, "_limits", replace(LIMITS, **{bound: 1}))

    async def story() -> Stream:
        async with _listen(order) as first:
            await first.until(1)
            async with _listen(order) as second:
                pass
        async with _listen(order) as third:
            assert third.head["status"] == 200
        return second

    head = _run(story()).head
    assert head["status"] == status
    assert (b"Retry-After", retry_after) in head["headers"]


def test_one_that_comes_between_the_look_and_the_beginning_ends_at_once(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_limits", replace(LIMITS, per_subject=1))
    monkeypatch.setattr(streams, "check_stream_limits", lambda _audience: None)

    async def story() -> Stream:
        async with _listen(order) as first:
            await first.until(1)
            async with _listen(order) as second:
                await second.to_its_end()
        return second

    assert _news(_run(story())) == []


@pytest.mark.parametrize("look", [RuntimeError, NotYourOrder])
def test_a_stream_that_breaks_off_is_counted_no_more(
    order: Order, monkeypatch: pytest.MonkeyPatch, look: type[Exception]
) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)

    def broken(_listener: object) -> None:
        raise look

    async def story() -> None:
        with suppress(RuntimeError):
            async with _listen(order):
                monkeypatch.setattr(order_listeners.OrderListener, "read_visible_feed", broken)
                for _ in range(500):
                    if not streams.is_clear:
                        await asyncio.sleep(0.02)

    _run(story())


def _heard_after(order: Order, change: Callable[[], object], **headers: str) -> list[str]:
    """What a listener hears of an order that is cancelled after a change; the stream ends in any case."""

    async def story() -> Stream:
        async with _listen(order, x_tenant_id=str(order.tenant_id), **headers) as stream:
            await stream.until(1)
            await meanwhile(change)
            await meanwhile(_move, order, Command.CANCEL)
            await stream.to_its_end()
        return stream

    return _news(_run(story()))


def _bearer(user: User) -> str:
    with tenant_scope(user.tenant_id):
        return f"Bearer {tokens_for(user).token}"


def _change_store(tenant: Tenant, access: str, status: str) -> None:
    change_tenant(tenant_id=tenant.id, actor=SYSTEM, name=tenant.name, access=access, status=status)


def test_whoever_may_listen_hears_on(acme: Tenant, alice: User, sam: User) -> None:
    for user in (alice, sam):
        order = OrderFactory.create(tenant=acme, customer=alice)
        assert _heard_after(order, int, authorization=_bearer(user)) == ["PLACED", "CANCELLED"]


def test_whoever_is_suspended_hears_no_more(acme: Tenant, alice: User) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    assert _heard_after(order, partial(suspend, alice), authorization=_bearer(alice)) == ["PLACED"]


def test_whoever_is_staff_no_longer_hears_no_more(acme: Tenant, alice: User, sam: User) -> None:
    order = OrderFactory.create(tenant=acme, customer=alice)
    leave = partial(remove_tenant_member, tenant_id=acme.id, user=sam, actor=SYSTEM)
    assert _heard_after(order, leave, authorization=_bearer(sam)) == ["PLACED"]


@pytest.mark.parametrize(("access", "status"), [("MEMBERS", "ACTIVE"), ("OPEN", "SUSPENDED"), ("OPEN", "ACTIVE")])
def test_strangers_hear_no_more_where_a_store_closes(db: None, access: str, status: str) -> None:
    shop = TenantFactory.create(access=Tenant.Access.OPEN)
    is_open = (access, status) == ("OPEN", "ACTIVE")
    heard = _heard_after(OrderFactory.create(tenant=shop), partial(_change_store, shop, access, status))
    assert heard == (["PLACED", "CANCELLED"] if is_open else ["PLACED"])


def test_a_database_that_is_away_for_a_moment_is_waited_for(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    troubles = [OperationalError(), InterfaceError()]

    def unlucky(*args: Any, **kwargs: Any) -> Any:
        if troubles:
            raise troubles.pop()
        return read_newest_position(*args, **kwargs)

    monkeypatch.setattr("petstore.interfaces.live.poller.read_newest_position", unlucky)

    async def story() -> Stream:
        async with _listen(order) as stream:
            await meanwhile(_move, order, Command.CANCEL)
            await stream.to_its_end()
        return stream

    assert _news(_run(story())) == ["PLACED", "CANCELLED"]
    assert troubles == []


def test_head_is_answered_and_over(order: Order) -> None:
    async def story() -> Stream:
        async with _listen(order, method="HEAD") as stream:
            await stream.to_its_end()
        return stream

    stream = _run(story())
    assert (stream.head["status"], stream.heard) == (200, [])

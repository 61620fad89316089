"""An order's steps as they happen, for whoever has its link, over ASGI."""

import asyncio
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections

from accounts.models import User
from accounts.services.tenants import change_tenant
from events.queries import count_pending_events
from kernel.actor import SYSTEM
from orders.models import Order
from orders.states import Command
from petstore import asgi
from petstore.interfaces.entry import order_listeners
from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.interfaces.live import poller
from petstore.interfaces.live.poller import order_poller, run_in_reader
from petstore.interfaces.live.streams import LIMITS, streams
from petstore.server.asgi_handler import ThreadedHandler
from tenants.models import Tenant
from tests.factories import OrderFactory
from tests.pages.test_tracking import link_to, move
from tests.payments.paying import pay
from tests.rest.listening import Stream, close_threads_of, meanwhile, read_events
from tests.rest.test_live_order_events import sealing
from tests.server.server import wait_until

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


@pytest.fixture
def order(acme: Tenant, alice: User) -> Order:
    placed: Order = OrderFactory.create(tenant=acme, customer=alice)
    wait_until(lambda: count_pending_events() == 0)
    return placed


class PageStream(Stream):
    """What the page hears: less than the API's callers, so that the AsyncAPI document does not describe it."""

    _parse = staticmethod(read_events)


def _listen(order: Order, **more: str) -> Stream:
    return PageStream(f"{link_to(order)}/events", **more)


def _run(story: Coroutine[Any, Any, Any]) -> Any:
    """The story, at whose end nobody is left waiting."""

    async def told() -> Any:
        result = await story
        assert (len(order_poller), streams.is_clear) == (0, True)
        await run_in_reader(connections.close_all)
        return result

    return asyncio.run(told())


def _statuses(stream: Stream) -> list[str]:
    return [str(one.data["newStatus"]) for one in stream.heard]


def test_each_step_is_told_as_it_happens_and_the_stream_ends_with_the_order(order: Order) -> None:
    async def story() -> tuple[Stream, Stream]:
        async with _listen(order) as stream:
            await stream.until(1)
            await meanwhile(pay, order)
            await stream.until(2)
            async with _listen(order, last_event_id=stream.heard[0].id) as resumed:
                await resumed.until(1)
                await meanwhile(move, order, Command.SHIP, Command.DELIVER)
                await resumed.to_its_end()
            await stream.to_its_end()
        return stream, resumed

    stream, resumed = _run(story())
    assert (b"Content-Type", b"text/event-stream") in stream.head["headers"]
    assert (b"Referrer-Policy", b"no-referrer") in stream.head["headers"]
    assert _statuses(stream) == ["PLACED", "APPROVED", "SHIPPED", "DELIVERED"]
    assert resumed.heard == stream.heard[1:]


def test_it_ends_when_the_store_is_suspended(order: Order, acme: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)
    closed = {"name": acme.name, "access": acme.access, "status": Tenant.Status.SUSPENDED}

    def close_store() -> None:
        change_tenant(tenant_id=acme.id, actor=SYSTEM, **closed)

    async def story() -> Stream:
        async with _listen(order) as stream:
            await stream.until(1)
            await meanwhile(close_store)
            await stream.to_its_end()
        return stream

    assert _statuses(_run(story())) == ["PLACED"]


def test_an_order_has_so_many_streams_and_then_the_browser_has_to_wait(
    order: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streams, "_limits", replace(LIMITS, per_subject=1))

    async def story() -> Stream:
        async with _listen(order) as first, _listen(order) as second:
            await meanwhile(move, order, Command.CANCEL)
            await first.to_its_end()
            await second.to_its_end()
        return second

    refused = _run(story())
    assert (refused.head["status"], dict(refused.head["headers"])[b"Retry-After"]) == (429, b"30")

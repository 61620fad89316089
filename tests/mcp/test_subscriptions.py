"""Watching orders by `subscriptions/listen` (contract, MCP)."""

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
from django.db import connections
from mcp_types import CLIENT_CAPABILITIES_META_KEY, PROTOCOL_VERSION_META_KEY
from pytest_django import Settings

from accounts.models import User
from events.queries import count_pending_events
from kernel.actor import SYSTEM
from orders.models import Order
from orders.states import Command
from payments.services.order_transitions import transition_order
from petstore import asgi
from petstore.interfaces.entry import order_listeners
from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.interfaces.live import poller
from petstore.interfaces.live.poller import order_poller, run_in_reader
from petstore.interfaces.live.streams import LIMITS, streams
from petstore.interfaces.mcp import subscriptions
from petstore.server.asgi_handler import ThreadedHandler
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.concurrency import PATIENCE
from tests.factories import OrderFactory
from tests.mcp.assistants import BOTH, PER_REQUEST, slug_of
from tests.rest.listening import close_threads_of, meanwhile
from tests.rest.tokens import access, suspend
from tests.server.server import wait_until
from tests.webhooks.delivering import publish_all_events

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Looks follow one another quickly, a worker seals, and the application has request threads of its own."""
    monkeypatch.setattr(poller, "POLL_SECONDS", 0.02)
    handler, stop = ThreadedHandler(build_refused_response), threading.Event()
    monkeypatch.setattr(asgi.application, "handler", handler)

    def work() -> None:
        while not stop.wait(0.02):
            publish_all_events()
        connections.close_all()

    worker = threading.Thread(target=work)
    worker.start()
    yield
    stop.set()
    worker.join(60)
    close_threads_of(handler)


@pytest.fixture
def order(pool: Tenant) -> Order:
    """An anonymous order in the shared pool, whose events so far are sealed."""
    placed: Order = OrderFactory.create()
    wait_until(lambda: count_pending_events() == 0)
    return placed


def uri_of(order: Order) -> str:
    return f"petstore://orders/{order.id}"


def move(order: Order, command: Command) -> None:
    with tenant_scope(order.tenant_id):
        transition_order(order_id=order.id, command=command, actor=SYSTEM, reason="a test")


class Watch:
    """An answer to `subscriptions/listen`.

    Attributes:
        head: its start.
        messages: what came so far, as JSON-RPC.
    """

    def __init__(self) -> None:
        self.sent: asyncio.Queue[Any] = asyncio.Queue()
        self.head: Any = None
        self.messages: list[dict[str, Any]] = []
        self.has_ended = False

    async def read_part(self) -> None:
        message = await asyncio.wait_for(self.sent.get(), PATIENCE)
        if message["type"] == "http.response.start":
            self.head = message
            return
        body, self.has_ended = message.get("body", b"").decode(), not message.get("more_body", False)
        if self.media_type.startswith("application/"):
            self.messages.append(json.loads(body))
            return
        lines = [line.removeprefix("data: ") for line in body.splitlines() if line.startswith("data: ")]
        self.messages += [json.loads(line) for line in lines]

    async def until(self, number: int) -> list[dict[str, Any]]:
        """Read until so many messages have come, or it has ended."""
        while len(self.messages) < number and not self.has_ended:
            await self.read_part()
        return self.messages

    async def to_its_end(self) -> list[dict[str, Any]]:
        while not self.has_ended:
            await self.read_part()
        return self.messages

    @property
    def media_type(self) -> str:
        return self.headers["content-type"]

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode().lower(): value.decode() for name, value in self.head["headers"]}

    @property
    def methods(self) -> list[str]:
        return [message.get("method", "the end") for message in self.messages]


@asynccontextmanager
async def watching(*uris: str, accept: str = BOTH, **headers: str) -> AsyncIterator[Watch]:
    """The answer to a client who watches these; they leave at the end."""
    meta = {PROTOCOL_VERSION_META_KEY: PER_REQUEST, CLIENT_CAPABILITIES_META_KEY: {}}
    params = {"_meta": meta, "notifications": {"resourceSubscriptions": list(uris), "toolsListChanged": True}}
    body = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "subscriptions/listen", "params": params}).encode()
    named = {
        "host": "localhost",
        "accept": accept,
        "content-type": "application/json",
        "content-length": str(len(body)),
        "mcp-protocol-version": PER_REQUEST,
        "mcp-method": "subscriptions/listen",
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/mcp",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in named.items()],
    }
    watch, has_left, parts = Watch(), asyncio.Event(), [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        if parts:
            return parts.pop()
        await has_left.wait()
        return {"type": "http.disconnect"}

    task = asyncio.create_task(asgi.application(scope, receive, watch.sent.put))
    try:
        await watch.read_part()
        yield watch
    finally:
        has_left.set()
        await task


def hear(hearing: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Let it happen; at its end nobody is left waiting."""

    async def to_its_end() -> None:
        await hearing()
        assert (len(order_poller), streams.is_clear) == (0, True)
        await run_in_reader(connections.close_all)

    asyncio.run(to_its_end())


def test_each_event_is_told_until_the_order_is_at_its_end(order: Order) -> None:
    async def hearing() -> None:
        async with watching(uri_of(order)) as watch:
            assert watch.media_type == "text/event-stream"
            [acknowledged] = await watch.until(1)
            assert acknowledged["method"] == "notifications/subscriptions/acknowledged"
            assert acknowledged["params"]["notifications"] == {"resourceSubscriptions": [uri_of(order)]}
            await meanwhile(move, order, Command.APPROVE)
            assert (await watch.until(2))[1]["params"]["uri"] == uri_of(order)
            await meanwhile(move, order, Command.CANCEL)
            await watch.to_its_end()
            updated = "notifications/resources/updated"
            assert watch.methods == ["notifications/subscriptions/acknowledged", updated, updated, "the end"]
            assert watch.messages[-1]["id"] == 7
            assert "result" in watch.messages[-1]

    hear(hearing)


def test_several_orders_are_watched_until_the_last_is_at_its_end(order: Order) -> None:
    other: Order = OrderFactory.create()
    wait_until(lambda: count_pending_events() == 0)

    async def hearing() -> None:
        async with watching(uri_of(order), uri_of(other), uri_of(order)) as watch:
            await watch.until(1)
            for one in (order, other):
                await meanwhile(move, one, Command.CANCEL)
            told = [message["params"]["uri"] for message in (await watch.to_its_end())[1:-1]]
            assert sorted(told) == sorted([uri_of(order), uri_of(other)])

    hear(hearing)


def test_an_order_at_its_end_ends_the_watch_at_once(order: Order) -> None:
    move(order, Command.CANCEL)
    wait_until(lambda: count_pending_events() == 0)

    async def hearing() -> None:
        async with watching(uri_of(order)) as watch:
            await watch.to_its_end()
            assert watch.methods == ["notifications/subscriptions/acknowledged", "the end"]

    hear(hearing)


def test_what_never_changes_here_is_not_promised(order: Order) -> None:
    async def hearing() -> None:
        async with watching("petstore://pets/019b4139-1234-7abc-8def-123456789abc") as watch:
            await watch.to_its_end()
            assert watch.messages[0]["params"]["notifications"].get("resourceSubscriptions", []) == []
            assert watch.methods[1:] == ["the end"]

    hear(hearing)


def test_an_unknown_order_is_refused_before_anything_is_told(pool: Tenant) -> None:
    async def hearing() -> None:
        async with watching("petstore://orders/019b4139-1234-7abc-8def-123456789abc") as watch:
            assert watch.head["status"] == 400
            [message] = await watch.to_its_end()
            assert message["error"]["code"] == -32602
            assert slug_of(message["error"]["data"]) == (404, "not-found")

    hear(hearing)


def test_an_order_of_somebody_else_is_refused(acme: Tenant, alice: User, bob: User) -> None:
    order: Order = OrderFactory.create(tenant=acme, customer=alice)
    token = access(bob)

    async def hearing() -> None:
        async with watching(uri_of(order), authorization=f"Bearer {token}", x_tenant_id=str(acme.id)) as watch:
            [message] = await watch.to_its_end()
            assert slug_of(message["error"]["data"]) == (403, "forbidden")

    hear(hearing)


def test_who_is_suspended_hears_no_more(acme: Tenant, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)
    order: Order = OrderFactory.create(tenant=acme, customer=alice)
    token = access(alice)

    async def hearing() -> None:
        async with watching(uri_of(order), authorization=f"Bearer {token}", x_tenant_id=str(acme.id)) as watch:
            await watch.until(1)
            await meanwhile(suspend, alice)
            last = (await watch.to_its_end())[-1]
            assert slug_of(last["error"]["data"]) == (401, "unauthorized")

    hear(hearing)


def test_a_watch_ends_politely_after_an_hour(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MAX_SECONDS", 0.0)

    async def hearing() -> None:
        async with watching(uri_of(order)) as watch:
            await watch.to_its_end()
            assert watch.methods[-1] == "the end"
            assert "result" in watch.messages[-1]

    hear(hearing)


def test_a_watch_ends_politely_when_the_server_stops(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    async def hearing() -> None:
        async with watching(uri_of(order)) as watch:
            await watch.until(1)
            order_poller.close_all_watches()
            await watch.to_its_end()
            assert "result" in watch.messages[-1]

    monkeypatch.setattr(order_poller, "is_closed", False)
    hear(hearing)


def test_who_leaves_is_forgotten(order: Order) -> None:
    async def hearing() -> None:
        async with watching(uri_of(order)) as watch:
            await watch.until(1)
            assert len(streams) == 1

    hear(hearing)


def test_one_watch_too_many_is_refused(order: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_limits", replace(LIMITS, per_stranger=1))

    async def hearing() -> None:
        async with watching(uri_of(order)) as first:
            await first.until(1)
            async with watching(uri_of(order)) as second:
                [message] = await second.to_its_end()
                assert slug_of(message["error"]["data"]) == (429, "rate-limit-exceeded")

    hear(hearing)


def test_a_watch_is_a_stream_or_nothing(order: Order) -> None:
    async def hearing() -> None:
        async with watching(uri_of(order), accept="application/json") as watch:
            assert watch.head["status"] == 406

    hear(hearing)


def test_the_answer_s_head_is_that_of_every_stream(order: Order, settings: Settings) -> None:
    settings.RATE_LIMIT = (1000, 60)

    async def hearing() -> None:
        async with watching(uri_of(order), x_request_id="watch-7") as watch:
            headers = watch.headers
            assert headers["x-request-id"] == "watch-7"
            assert "no-cache" in headers["cache-control"]
            assert headers["x-accel-buffering"] == "no"
            assert "ratelimit-remaining" in headers
            assert "mcp-session-id" not in headers
            assert "content-length" not in headers

    hear(hearing)

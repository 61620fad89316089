"""An order's events over web sockets (contract, WebSocket): its story, who may hear it, and how it ends."""

import threading
import time
from collections.abc import Iterator
from uuid import uuid4

import pytest
from django.db import connections
from pytest_django import Settings

from accounts.models import User
from events.queries import count_pending_events
from kernel.actor import SYSTEM
from orders.models import Order
from orders.states import Command, Status
from payments.gateways.sandbox import DECLINED_CARD
from payments.services.order_transitions import transition_order
from petstore.interfaces.entry import order_listeners
from petstore.interfaces.live import poller
from petstore.interfaces.live.feed import FeedItem, read_order_feed
from petstore.interfaces.live.poller import order_poller
from petstore.interfaces.live.streams import StreamLimits, StreamRegistry
from petstore.interfaces.websocket import conversations, order_sockets
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory
from tests.orders.moving import order_in
from tests.payments.paying import pay
from tests.rest.listening import meanwhile
from tests.rest.tokens import access, signed, suspend
from tests.server.server import wait_until
from tests.webhooks.delivering import publish_all_events
from tests.websocket.client import ChatClient, Frame, Socket, order_path
from tests.websocket.conftest import Talk


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[None]:
    """Looks follow one another quickly, and a worker seals meanwhile."""
    monkeypatch.setattr(poller, "POLL_SECONDS", 0.02)
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
    assert len(order_poller) == 0


@pytest.fixture
def anonymous(pool: Tenant) -> Order:
    return _sealed(OrderFactory.create())


@pytest.fixture
def hers(acme: Tenant, alice: User) -> Order:
    return _sealed(OrderFactory.create(tenant=acme, customer=alice))


def _sealed(order: Order) -> Order:
    wait_until(lambda: count_pending_events() == 0)
    return order


def _move(order: Order, *commands: Command) -> None:
    with tenant_scope(order.tenant_id):
        for command in commands:
            transition_order(order_id=order.id, command=command, actor=SYSTEM, reason="As agreed.")


def _feed(order: Order) -> list[FeedItem]:
    with tenant_scope(order.tenant_id):
        return read_order_feed(order.id)


async def _story(socket: Socket, number: int) -> list[Frame]:
    return [await socket.hear("order.statusChanged", "payment.succeeded", "payment.failed") for _ in range(number)]


async def _refusal(socket: Socket) -> tuple[str, int, str]:
    async with socket:
        error = await socket.hear("error")
        assert error["problem"]["instance"] == socket.path
        return error["code"], *await socket.closed()


def _watch(user: User, order_id: object, **query: str) -> ChatClient:
    return ChatClient(user, path=order_path(order_id), query=query)


def test_an_order_tells_its_story_and_then_what_happens_until_its_end(talk: Talk, anonymous: Order) -> None:
    told: list[Frame] = []

    async def conversation() -> None:
        async with Socket(order_path(anonymous.id)) as socket:
            watching = await socket.hear("watching")
            assert (watching["order"]["id"], watching["order"]["status"]) == (str(anonymous.id), "PLACED")
            assert watching["order"]["tenantId"] is None
            told.extend(await _story(socket, 1))
            await meanwhile(pay, anonymous, DECLINED_CARD)
            told.extend(await _story(socket, 1))
            await meanwhile(pay, anonymous)
            told.extend(await _story(socket, 2))
            socket.tell("ping", id="p-1")
            assert (await socket.hear("pong"))["replyTo"] == "p-1"
            await meanwhile(_move, anonymous, Command.SHIP, Command.DELIVER)
            told.extend(await _story(socket, 2))
            assert await socket.closed() == (1000, "")

    talk(conversation())
    feed = _feed(anonymous)
    assert [(one["type"], one["id"], one["timestamp"], one["data"]) for one in told] == [
        (item.event_type, str(item.id), item.timestamp, item.data) for item in feed
    ]
    assert [one["data"].get("newStatus") for one in told] == ["PLACED", None, "APPROVED", None, "SHIPPED", "DELIVERED"]


def test_who_names_the_last_event_hears_those_after_it(talk: Talk, acme: Tenant, alice: User) -> None:
    order = _sealed(order_in(Status.CANCELLED, tenant=acme, customer=alice))
    first, second = [str(item.id) for item in _feed(order)]

    async def conversation(last: str) -> list[str]:
        async with _watch(alice, order.id, lastEventId=last) as socket:
            await socket.closed()
            assert (socket.code, socket.frames[0]["type"]) == (1000, "watching")
            return [frame["id"] for frame in socket.frames[1:]]

    async def conversations() -> None:
        assert await conversation(first) == [second]
        assert await conversation(second) == []
        assert await conversation(str(uuid4())) == [first, second]
        assert await conversation("") == await conversation("x") == [first, second]

    talk(conversations())


def test_whoever_may_not_read_the_order_may_not_hear_it(
    talk: Talk, hers: Order, alice: User, bob: User, gina: User, sam: User, acme: Tenant
) -> None:
    token = access(alice)

    async def conversation() -> None:
        assert await _refusal(_watch(bob, hers.id)) == ("forbidden", 1008, "forbidden")
        assert await _refusal(_watch(gina, hers.id)) == ("not-found", 1008, "not-found")
        assert await _refusal(_watch(alice, uuid4())) == ("not-found", 1008, "not-found")
        assert await _refusal(_watch(alice, "4711")) == ("not-found", 1008, "not-found")
        narrow = ChatClient(alice, token=signed(token, scope="read:pets"), path=order_path(hers.id))
        assert await _refusal(narrow) == ("forbidden", 1008, "forbidden")
        bad = Socket(order_path(hers.id), query={"token": "x", "tenantId": str(acme.id)})
        assert await _refusal(bad) == ("unauthorized", 1008, "unauthorized")
        for user in (alice, sam):
            async with _watch(user, hers.id) as socket:
                await socket.hear("watching")

    talk(conversation())


def test_a_token_that_the_handshake_lacks_may_come_in_the_first_frame(
    talk: Talk, hers: Order, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    token, tenant = access(alice), str(alice.tenant_id)

    async def conversation() -> None:
        async with Socket(order_path(hers.id), x_tenant_id=tenant) as socket:
            socket.tell("auth", token=token)
            await socket.hear("watching")
            await _story(socket, 1)
            socket.tell("auth", token=token, tenantId=tenant)
            assert (await socket.fault("auth", token=tenant))["type"].endswith("bad-request")
            assert await socket.settled() == []
        async with Socket(order_path(hers.id)) as socket:
            socket.tell("auth", token=token, tenantId=tenant)
            await socket.hear("watching")
        monkeypatch.setattr(conversations, "AUTH_SECONDS", 0.05)
        monkeypatch.setattr(order_sockets, "OTHER_TENANT_SECONDS", 0.05)
        for order_id in (hers.id, uuid4()):
            async with Socket(order_path(order_id), x_tenant_id=tenant) as socket:
                assert (await socket.closed(), socket.frames) == ((4408, "There was no auth in time."), [])
            assert await _refusal(Socket(order_path(order_id))) == ("not-found", 1008, "not-found")

    talk(conversation())


def test_frames_of_the_chat_are_none_of_an_order_s(talk: Talk, anonymous: Order) -> None:
    async def conversation() -> None:
        async with Socket(order_path(anonymous.id)) as socket:
            await socket.hear("watching")
            await _story(socket, 1)
            problem = await socket.fault("joinRoom")
            assert [(fault["field"], fault["code"]) for fault in problem["errors"]] == [("type", "invalid_choice")]
            socket.put_text("[]")
            assert (await socket.hear("error"))["code"] == "bad-request"
            assert await socket.settled() == []

    talk(conversation())


@pytest.mark.parametrize("loss", ["suspended", "expired"])
def test_a_right_that_is_lost_ends_the_watch(
    talk: Talk, hers: Order, alice: User, monkeypatch: pytest.MonkeyPatch, loss: str
) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)
    token = access(alice)
    if loss == "expired":
        token = signed(token, exp=int(time.time()) + 2)

    async def conversation() -> None:
        async with ChatClient(alice, token=token, path=order_path(hers.id)) as socket:
            await socket.hear("watching")
            await _story(socket, 1)
            if loss == "suspended":
                await meanwhile(suspend, alice)
            assert (await socket.hear("error"))["code"] == "unauthorized"
            assert await socket.closed() == (1008, "unauthorized")

    talk(conversation())


def test_an_old_watch_and_a_server_that_stops_say_come_again(
    talk: Talk, anonymous: Order, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)

    async def grown_old() -> None:
        monkeypatch.setattr(order_sockets, "WATCH_SECONDS", 0.2)
        async with Socket(order_path(anonymous.id)) as socket:
            assert await socket.closed() == (1012, "Come again.")

    async def stopped() -> None:
        monkeypatch.setattr(order_sockets, "WATCH_SECONDS", 3600.0)
        async with Socket(order_path(anonymous.id)) as socket:
            await socket.hear("watching")
            order_poller.close_all_watches()
            assert await socket.closed() == (1012, "Come again.")

    talk(grown_old())
    try:
        talk(stopped())
    finally:
        order_poller.is_closed = False


def test_watches_are_limited(talk: Talk, anonymous: Order, monkeypatch: pytest.MonkeyPatch) -> None:
    async def conversation() -> None:
        monkeypatch.setattr(order_sockets, "streams", StreamRegistry(StreamLimits(per_subject=1)))
        async with Socket(order_path(anonymous.id)) as socket:
            await socket.hear("watching")
            told = await _refusal(Socket(order_path(anonymous.id)))
            assert told == ("rate-limit-exceeded", 1013, "rate-limit-exceeded")
        monkeypatch.setattr(order_sockets, "streams", StreamRegistry(StreamLimits(per_process=0)))
        told = await _refusal(Socket(order_path(anonymous.id)))
        assert told == ("internal-server-error", 1013, "internal-server-error")

    talk(conversation())


def test_a_handshake_counts_and_one_too_many_is_429(talk: Talk, anonymous: Order, settings: Settings) -> None:
    settings.RATE_LIMIT = (1, 10**9)

    async def conversation() -> None:
        async with Socket(order_path(anonymous.id)) as socket:
            await socket.hear("watching")
        async with Socket(order_path(anonymous.id)) as socket:
            assert socket.status == 429

    talk(conversation())

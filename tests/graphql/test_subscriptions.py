"""Watching orders over a web socket (contract, GraphQL; contract, SSE)."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from django.db import transaction
from pytest_django import Settings

from accounts.models import User
from orders.models import Order
from orders.states import Command
from petstore.interfaces.entry import order_listeners
from petstore.interfaces.graphql import socket_calls
from petstore.interfaces.live.feed import read_order_feed
from petstore.interfaces.live.poller import order_poller
from petstore.interfaces.live.streams import LIMITS, streams
from ratelimit import services
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.client import Client
from tests.factories import OrderFactory
from tests.graphql.sockets import Socket
from tests.graphql.watching import STEPS, hear, hurried, move, seal, tell_steps
from tests.payments.paying import pay
from tests.rest.listening import meanwhile
from tests.rest.tokens import access, signed, suspend

pytestmark = pytest.mark.django_db(transaction=True)

NEVER = "0190b6a2-0000-7000-8000-000000000000"
WHOLE = """
    subscription ($order: ID!) {
        step: orderStatusChanged(orderId: $order) {
            eventId eventType timestamp previousStatus newStatus changedAt changedBy
            order {
                id status totalAmount currency updatedAt userId tenantId etag
                pet { name } user { username } history { to } payments { status }
            }
        }
    }
"""


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with hurried(monkeypatch):
        yield


@pytest.fixture
def order(acme: Tenant, globex: Tenant, alice: User) -> Order:
    """Alice's order, whose events so far are sealed; globex has one, too."""
    OrderFactory.create(tenant=globex)
    placed: Order = OrderFactory.create(tenant=acme, customer=alice)
    seal()
    return placed


def steps_of(messages: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """The id and the new status of each step that was told."""
    events = [message["payload"]["data"]["orderStatusChanged"] for message in messages if message["type"] == "next"]
    return [(event["eventId"], event["newStatus"]) for event in events]


def codes_of(message: dict[str, Any]) -> list[str]:
    errors = message["payload"]["errors"] if message["type"] == "next" else message["payload"]
    return [error["extensions"]["code"] for error in errors]


async def until_clear() -> None:
    """Wait until no stream is counted, which is a matter of a moment."""
    async with asyncio.timeout(1):
        while not streams.is_clear:
            await asyncio.sleep(0)


def test_each_step_is_told_once_and_in_order_until_the_order_is_at_its_end(order: Order, alice: User) -> None:
    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            socket.subscribe("1", STEPS, order=str(order.id))
            told = await socket.results("1", 1)
            await meanwhile(pay, order)
            await meanwhile(move, order, Command.SHIP)
            told += await socket.results("1", 2)
            await meanwhile(move, order, Command.DELIVER)
            told += await socket.results("1", 2)
            assert told[-1] == {"id": "1", "type": "complete"}
            assert steps_of(told) == await meanwhile(tell_steps, order)
            assert [status for _, status in steps_of(told)] == ["PLACED", "APPROVED", "SHIPPED", "DELIVERED"]

    hear(hearing)


def test_a_step_is_told_within_three_seconds_of_its_commit(order: Order, alice: User) -> None:
    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            socket.subscribe("1", STEPS, order=str(order.id))
            await socket.results("1", 1)
            await meanwhile(move, order, Command.APPROVE)
            began = time.monotonic()
            await socket.results("1", 1)
            assert time.monotonic() - began < 3

    hear(hearing)


def test_an_event_has_the_order_as_it_was_after_the_step(order: Order, alice: User) -> None:
    move(order, Command.APPROVE, Command.SHIP)
    seal()
    now = Client().as_(alice).get(f"/v1/orders/{order.id}")
    with tenant_scope(order.tenant_id):
        pet = order.pet.name

    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            socket.subscribe("1", WHOLE, order=str(order.id))
            events = [message["payload"]["data"]["step"] for message in await socket.results("1", 3)]
            assert [event["order"]["status"] for event in events] == ["PLACED", "APPROVED", "SHIPPED"]
            assert [event["previousStatus"] for event in events] == [None, "PLACED", "APPROVED"]
            assert [event["order"]["etag"] for event in events] == ['"v1"', '"v2"', '"v3"']
            last = events[-1]
            assert last["order"]["etag"] == now["ETag"]
            as_rest = {name: now.json()[name] for name in ("id", "status", "totalAmount", "updatedAt", "tenantId")}
            assert {name: last["order"][name] for name in as_rest} == as_rest
            assert (last["eventType"], last["changedBy"]) == ("order.statusChanged", "system")
            assert last["timestamp"] == last["changedAt"] == last["order"]["updatedAt"]
            assert last["order"]["user"] == {"username": "alice"}
            assert last["order"]["pet"] == {"name": pet}
            assert [step["to"] for step in last["order"]["history"]] == ["PLACED", "APPROVED", "SHIPPED"]
            assert last["order"]["payments"] == []

    hear(hearing)


def test_who_comes_again_is_told_what_followed(order: Order, alice: User) -> None:
    pay(order)
    move(order, Command.SHIP)
    seal()
    steps = tell_steps(order)
    with tenant_scope(order.tenant_id):
        paid = next(item.id for item in read_order_feed(order.id) if item.event_type == "payment.succeeded")
    follow = {steps[0][0]: steps[1:], str(paid): steps[2:], NEVER: steps, "no id": steps, "": steps}

    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            for after, expected in follow.items():
                socket.subscribe("1", STEPS, order=str(order.id), after=after)
                assert steps_of(await socket.results("1", len(expected))) == expected
                socket.send("complete", "1")

    hear(hearing)


def test_an_order_at_its_end_is_told_and_no_more(order: Order, alice: User) -> None:
    move(order, Command.CANCEL)
    seal()
    steps = tell_steps(order)

    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            socket.subscribe("1", STEPS, order=str(order.id))
            assert [one["type"] for one in await socket.results("1", 3)] == ["next", "next", "complete"]
            socket.subscribe("1", STEPS, order=str(order.id), after=steps[-1][0])
            assert [one["type"] for one in await socket.results("1", 1)] == ["complete"]

    hear(hearing)


def test_a_step_that_is_rolled_back_is_never_told(order: Order, alice: User) -> None:
    def regret() -> None:
        with transaction.atomic():
            move(order, Command.APPROVE)
            transaction.set_rollback(True)

    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            socket.subscribe("1", STEPS, order=str(order.id))
            await socket.results("1", 1)
            await meanwhile(regret)
            await meanwhile(move, order, Command.CANCEL)
            assert [status for _, status in steps_of(await socket.results("1", 2))] == ["CANCELLED"]

    hear(hearing)


def test_an_order_that_the_caller_may_not_read_is_refused(order: Order, alice: User, bob: User, charlie: User) -> None:
    with tenant_scope(charlie.tenant_id):
        globexs = str(Order.objects.get().id)
    narrow = f"Bearer {signed(access(alice), scope='read:pets')}"

    async def refusal(order_id: str, user: User | None = None, payload: dict[str, str] | None = None) -> list[str]:
        async with Socket() as socket:
            await socket.greet(user, payload)
            socket.subscribe("1", STEPS, order=order_id)
            (message,) = await socket.results("1", 1)
            assert message["type"] == "error"
            assert [error["path"] for error in message["payload"]] == [["orderStatusChanged"]]
            return codes_of(message)

    async def hearing() -> None:
        narrowed = {"authorization": narrow, "x-tenant-id": str(alice.tenant_id)}
        assert await refusal(globexs, alice) == ["NOT_FOUND"]
        assert await refusal(NEVER, alice) == ["NOT_FOUND"]
        assert await refusal("no id", alice) == ["NOT_FOUND"]
        assert await refusal(str(order.id), bob) == ["FORBIDDEN"]
        assert await refusal(str(order.id), payload=narrowed) == ["FORBIDDEN"]
        assert await refusal(str(order.id), charlie) == ["NOT_FOUND"]

    hear(hearing)


def test_who_is_suspended_hears_no_more(order: Order, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)

    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            socket.subscribe("1", STEPS, order=str(order.id))
            await socket.results("1", 1)
            await meanwhile(suspend, alice)
            last, end = await socket.results("1", 2)
            assert (last["type"], codes_of(last), end) == ("next", ["UNAUTHORIZED"], {"id": "1", "type": "complete"})
            assert "data" not in last["payload"]

    hear(hearing)


def test_a_token_that_expires_ends_the_watch(order: Order, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)
    token = signed(access(alice), exp=int(time.time()) + 2)

    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(payload={"authorization": f"Bearer {token}", "x-tenant-id": str(alice.tenant_id)})
            socket.subscribe("1", STEPS, order=str(order.id))
            _, last, end = await socket.results("1", 3)
            assert (codes_of(last), end["type"]) == (["UNAUTHORIZED"], "complete")

    hear(hearing)


def test_who_completes_is_told_no_more_and_frees_the_place(order: Order, alice: User) -> None:
    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            socket.subscribe("1", STEPS, order=str(order.id))
            await socket.results("1", 1)
            assert len(streams) == 1
            socket.send("complete", "1")
            socket.send("ping")
            assert await socket.next() == {"type": "pong"}
            await until_clear()
            await meanwhile(move, order, Command.CANCEL)
            await meanwhile(seal)
            socket.send("ping")
            assert await socket.next() == {"type": "pong"}

    hear(hearing)


def test_who_leaves_is_forgotten(order: Order, alice: User) -> None:
    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            for name in ("1", "2", "3"):
                socket.subscribe(name, STEPS, order=str(order.id))
                await socket.results(name, 1)
            assert len(streams) == 3

    hear(hearing)


def test_one_watch_too_many_is_refused(order: Order, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_limits", replace(LIMITS, per_user=1))

    async def hearing() -> None:
        async with Socket() as first, Socket() as second:
            await first.greet(alice)
            await second.greet(alice)
            first.subscribe("1", STEPS, order=str(order.id))
            await first.results("1", 1)
            second.subscribe("1", STEPS, order=str(order.id))
            (message,) = await second.results("1", 1)
            assert (message["type"], codes_of(message)) == ("error", ["RATE_LIMIT_EXCEEDED"])

    hear(hearing)


def test_after_an_hour_the_client_comes_again(order: Order, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket_calls, "WATCH_SECONDS", 0.0)

    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            socket.subscribe("1", STEPS, order=str(order.id))
            await socket.results("1", 1)
            assert await socket.closed() == 1012

    hear(hearing)


def test_the_client_comes_again_when_the_server_stops(
    order: Order, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(order_poller, "is_closed", False)

    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(alice)
            socket.subscribe("1", STEPS, order=str(order.id))
            await socket.results("1", 1)
            order_poller.close_all_watches()
            assert await socket.closed() == 1012

    hear(hearing)


def test_each_operation_takes_one_from_the_caller_s_quota(order: Order, alice: User, settings: Settings) -> None:
    client = Client().as_(alice)
    token = access(alice)
    settings.RATE_LIMIT = (3, 10**9)
    services.forget_local_leases()
    assert client.get(f"/v1/orders/{order.id}")["RateLimit-Remaining"] == "2"

    async def hearing() -> None:
        async with Socket() as socket:
            await socket.greet(payload={"authorization": f"Bearer {token}", "x-tenant-id": str(alice.tenant_id)})
            socket.subscribe("1", STEPS, order=str(order.id))
            await socket.results("1", 1)
            socket.subscribe("2", "{ __typename }")
            await socket.results("2", 2)
            socket.subscribe("3", "{ __typename }")
            (message,) = await socket.results("3", 1)
            assert (message["type"], codes_of(message)) == ("error", ["RATE_LIMIT_EXCEEDED"])

    hear(hearing)
    services.forget_local_leases()

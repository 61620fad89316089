"""GraphQL over SSE: subscriptions, and whatever else is asked for as `text/event-stream` (contract, GraphQL)."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from accounts.models import User
from orders.models import Order
from orders.states import Command
from petstore.interfaces.entry import order_listeners
from petstore.interfaces.graphql import event_streams
from petstore.interfaces.live.poller import order_poller
from petstore.interfaces.live.streams import LIMITS, streams
from tenants.models import Tenant
from tests.factories import OrderFactory
from tests.graphql.event_streams import STREAM, Event, Stream
from tests.graphql.watching import STEPS, hear, hurried, move, seal, tell_steps
from tests.rest.listening import Stream as RestStream
from tests.rest.listening import meanwhile
from tests.rest.tokens import access, suspend

pytestmark = pytest.mark.django_db(transaction=True)

COMPLETE = Event("complete", None)
NEVER = "0190b6a2-0000-7000-8000-000000000000"


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


def named(user: User) -> dict[str, str]:
    return {"authorization": f"Bearer {access(user)}", "x_tenant_id": str(user.tenant_id)}


def watching(order: Order, headers: dict[str, str], **more: Any) -> Stream:
    return Stream(STEPS, {"order": str(order.id)}, headers=headers, **more)


def steps_of(stream: Stream) -> list[tuple[str, str]]:
    events = [result["data"]["orderStatusChanged"] for result in stream.results]
    return [(event["eventId"], event["newStatus"]) for event in events]


def codes_of(result: dict[str, Any]) -> list[str]:
    return [error["extensions"]["code"] for error in result["errors"]]


@pytest.mark.parametrize("method", ["POST", "GET"])
def test_each_step_is_told_as_on_rest_s_stream(order: Order, alice: User, method: str) -> None:
    headers = named(alice)

    async def hearing() -> None:
        async with (
            watching(order, headers, method=method) as stream,
            RestStream(f"/v1/orders/{order.id}/events", **headers) as rest,
        ):
            assert (stream.status, stream.headers["content-type"]) == (200, STREAM)
            assert stream.headers["cache-control"] == "no-cache"
            assert stream.headers["x-accel-buffering"] == "no"
            await stream.until(1)
            await meanwhile(move, order, Command.APPROVE)
            await stream.until(2)
            await meanwhile(move, order, Command.CANCEL)
            events = await stream.to_its_end()
            assert events[-1] == COMPLETE
            assert steps_of(stream) == [(one.id, one.data["newStatus"]) for one in await rest.to_its_end()]
            assert steps_of(stream) == await meanwhile(tell_steps, order)

    hear(hearing)


def test_a_query_is_one_result_and_the_end(alice: User) -> None:
    headers = named(alice)

    async def hearing() -> None:
        async with Stream("{ me { username } }", headers=headers) as stream:
            events = await stream.to_its_end()
            assert events == [Event("next", {"data": {"me": {"username": "alice"}}}), COMPLETE]
            assert "ratelimit" not in stream.headers
            assert stream.headers["content-type"] == STREAM

    hear(hearing)


def test_a_mutation_is_not_read_by_get(sam: User) -> None:
    headers = named(sam)
    change = f'mutation {{ deletePet(id: "{NEVER}") {{ deletedPetId }} }}'

    async def hearing() -> None:
        async with Stream(change, method="GET", headers=headers) as got:
            assert got.status == 405
        async with Stream(change, headers=headers) as posted:
            assert codes_of((await posted.to_its_end())[0].data) == ["NOT_FOUND"]

    hear(hearing)


def test_refusals_at_the_start_are_the_first_result(order: Order, alice: User, bob: User) -> None:
    bobs, alices = named(bob), named(alice)
    refused: dict[str, Callable[[], Stream]] = {
        "GRAPHQL_PARSE_FAILED": lambda: Stream("subscription {", headers=alices),
        "GRAPHQL_VALIDATION_FAILED": lambda: Stream("{ cats { name } }", headers=alices),
        "BAD_USER_INPUT": lambda: Stream(STEPS, headers=alices),
        "FORBIDDEN": lambda: watching(order, bobs),
        "NOT_FOUND": lambda: Stream(STEPS, {"order": NEVER}, headers=alices),
    }

    async def hearing() -> None:
        for code, asking in refused.items():
            async with asking() as stream:
                (refusal, end) = await stream.to_its_end()
                assert (stream.status, refusal.kind, codes_of(refusal.data), end) == (200, "next", [code], COMPLETE)
                assert "data" not in refusal.data

    hear(hearing)


def test_who_may_not_call_at_all_gets_the_status(alice: User, globex: Tenant) -> None:
    token = named(alice)
    strangers = {
        401: {"authorization": "Bearer x", "x_tenant_id": token["x_tenant_id"]},
        403: token | {"x_tenant_id": str(globex.id)},
        400: token | {"x_tenant_id": "acme"},
        415: token | {"content_type": "text/plain"},
    }

    async def hearing() -> None:
        for status, stranger in strangers.items():
            async with Stream("{ me { username } }", headers=stranger) as stream:
                assert stream.status == status

    hear(hearing)


def test_where_nothing_happens_a_comment_says_so(order: Order, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)
    headers = named(alice)

    async def hearing() -> None:
        async with watching(order, headers) as stream:
            await stream.until(1)
            await stream.until_a_comment()
            await stream.until_a_comment()

    hear(hearing)


def test_who_is_suspended_hears_no_more(order: Order, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_listeners, "LOOK_SECONDS", 0.05)
    headers = named(alice)

    async def hearing() -> None:
        async with watching(order, headers) as stream:
            await stream.until(1)
            await meanwhile(suspend, alice)
            _, last, end = await stream.to_its_end()
            assert (codes_of(last.data), end) == (["UNAUTHORIZED"], COMPLETE)

    hear(hearing)


def test_who_is_to_come_again_hears_no_end(order: Order, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "MAX_SECONDS", 0.0)
    headers = named(alice)

    async def hearing() -> None:
        async with watching(order, headers) as stream:
            assert [event.kind for event in await stream.to_its_end()] == ["next"]

    hear(hearing)


def test_a_server_that_stops_ends_the_stream(order: Order, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(order_poller, "is_closed", False)
    headers = named(alice)

    async def hearing() -> None:
        async with watching(order, headers) as stream:
            await stream.until(1)
            order_poller.close_all_watches()
            assert [event.kind for event in await stream.to_its_end()] == ["next"]

    hear(hearing)


def test_one_watch_too_many_is_refused(order: Order, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(streams, "_limits", replace(LIMITS, per_user=1))
    headers = named(alice)

    async def hearing() -> None:
        async with watching(order, headers) as first:
            await first.until(1)
            async with watching(order, headers) as second:
                refusal, end = await second.to_its_end()
                assert (codes_of(refusal.data), end) == (["RATE_LIMIT_EXCEEDED"], COMPLETE)

    hear(hearing)

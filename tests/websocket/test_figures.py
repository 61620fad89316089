"""Sockets and their frames in the metrics and in the access log, which say nothing that a client chose."""

from collections import Counter

import pytest
from pytest_django import Settings

from accounts.models import User
from petstore import asgi
from petstore.interfaces.monitoring.metrics import REQUESTS, count_call
from petstore.interfaces.monitoring.protocols import name_protocol
from tests.rest.tokens import access
from tests.websocket.client import ChatClient, Socket
from tests.websocket.conftest import Talk


def _read_counts() -> Counter[tuple[str, str, str, str]]:
    (family,) = REQUESTS.collect()
    return Counter(
        {
            (one.labels["protocol"], one.labels["method"], one.labels["route"], one.labels["status"]): int(one.value)
            for one in family.samples
            if one.name.endswith("_count")
        }
    )


def test_sockets_and_frames_are_counted_by_type_and_outcome(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            await hers.say("Hello?")
            hers.tell("ping")
            await hers.hear("pong")
            await hers.fault("chatMessage", text="no id")
            await hers.fault("anything that a client chose")
        async with Socket(query={"token": "x"}) as another:
            await another.closed()

    before = _read_counts()
    talk(conversation())
    counted = {
        (method, status): number
        for (protocol, method, route, status), number in (_read_counts() - before).items()
        if (protocol, route) == ("websocket", "/v1/ws/chat")
    }
    assert counted == {
        ("GET", "101"): 1,
        ("GET", "unauthorized"): 1,
        ("chatMessage", "ok"): 1,
        ("chatMessage", "validation-error"): 1,
        ("ping", "ok"): 1,
        ("other", "validation-error"): 1,
    }
    assert asgi.application.count_call is count_call


def test_the_access_log_has_a_line_for_each_and_no_token(
    talk: Talk, alice: User, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    settings.ACCESS_LOG = True
    token = access(alice)

    async def conversation() -> None:
        async with Socket(query={"token": token, "tenantId": str(alice.tenant_id)}) as hers:
            await hers.hear("connected")
            hers.tell("ping", id="secret-1")
            await hers.hear("pong")

    caplog.set_level("INFO")
    talk(conversation())
    lines = [record.getMessage() for record in caplog.records if record.name == "petstore.access"]
    assert [line.split(" ")[:4] for line in lines if line.startswith("websocket")] == [
        ["websocket", "GET", "/v1/ws/chat", "101"],
        ["websocket", "ping", "/v1/ws/chat", "ok"],
    ]
    assert not any(secret in caplog.text for secret in (*token.split("."), "secret-1"))


def test_the_route_of_an_order_names_no_order() -> None:
    assert name_protocol("/v1/ws/orders/{order_id}") == name_protocol("/v1/ws/chat") == "websocket"

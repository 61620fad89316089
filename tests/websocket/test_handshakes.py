"""Who calls, wherever a client says it, and what becomes of those who are not let in (contract, WebSocket)."""

from collections.abc import Mapping
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from accounts.models import User
from petstore.interfaces.websocket import conversations
from petstore.server.web_sockets import open_sockets
from tenants.models import Tenant
from tests.rest.tokens import access, signed, suspend
from tests.websocket.client import CHAT, ChatClient, Socket
from tests.websocket.conftest import Talk, count_stored_rows

GIVEN = ("petstore.v1",)
BAD = "x"


async def refusal(socket: Socket) -> tuple[str, int, str]:
    """The slug of the error, and the code and reason that the socket is closed with."""
    async with socket:
        error = await socket.hear("error")
        assert error["problem"]["instance"] == socket.path
        code, reason = await socket.closed()
        assert len(socket.frames) == 1
        return error["code"], code, reason


def test_a_token_and_a_tenant_are_taken_from_wherever_a_client_can_put_them(talk: Talk, alice: User) -> None:
    token, tenant = access(alice), str(alice.tenant_id)
    places: dict[str, Socket] = {}

    async def conversation() -> None:
        places["query"] = Socket(query={"token": token, "tenantId": tenant})
        places["subprotocol"] = Socket(CHAT, "petstore.v1", f"bearer.{token}", query={"tenantId": tenant})
        places["header"] = Socket(authorization=f"Bearer {token}", x_tenant_id=tenant)
        places["all of them"] = Socket(
            CHAT,
            f"bearer.{token}",
            query={"token": token, "tenantId": tenant.upper()},
            authorization=f"Bearer {token}",
            x_tenant_id=tenant,
        )
        for name, socket in places.items():
            async with socket:
                hello = await socket.hear("connected")
                assert (name, hello["tenantId"], hello["user"]["name"]) == (name, tenant, "Alice")
                assert socket.subprotocol == ("petstore.v1" if name == "subprotocol" else None)

    talk(conversation())


def test_without_a_token_the_first_frame_says_who_calls(talk: Talk, alice: User) -> None:
    token, tenant = access(alice), str(alice.tenant_id)

    async def conversation(socket: Socket, **values: str) -> None:
        async with socket:
            socket.tell("auth", token=token, **values)
            assert (await socket.hear("connected"))["tenantId"] == tenant
            socket.tell("auth", token=token, tenantId=tenant)
            assert await socket.settled() == []
            problem = await socket.fault("auth", token=token, tenantId=str(uuid4()))
            assert problem["type"].endswith("bad-request")
            problem = await socket.fault("auth", token=tenant)
            assert problem["type"].endswith("bad-request")
            assert await socket.settled() == []

    talk(conversation(Socket(), tenantId=tenant, id="a-1"))
    talk(conversation(Socket(CHAT, "petstore.v1", x_tenant_id=tenant)))


def test_two_places_that_say_two_things_are_a_bad_request(talk: Talk, alice: User, bob: User) -> None:
    token, tenant = access(alice), str(alice.tenant_id)
    bearer = f"bearer.{token}"
    contradictions: dict[str, tuple[tuple[str, ...], Any, dict[str, str]]] = {
        "query and subprotocol": ((bearer,), {"token": access(bob), "tenantId": tenant}, {}),
        "header and subprotocol": ((bearer,), {"tenantId": tenant}, {"authorization": "Basic x"}),
        "two subprotocols": ((bearer, f"{bearer}x"), {"tenantId": tenant}, {}),
        "a parameter twice": ((), f"token={token}&token=x&tenantId={tenant}", {}),
        "two tenants": ((bearer,), {"tenantId": tenant}, {"x_tenant_id": str(uuid4())}),
    }

    async def conversation() -> None:
        for name, (subprotocols, query, headers) in contradictions.items():
            told = await refusal(Socket(CHAT, *GIVEN, *subprotocols, query=query, **headers))
            assert (name, *told) == (name, "bad-request", 1008, "bad-request")
        socket = Socket(query={"tenantId": tenant})
        async with socket:
            socket.tell("auth", token=token, tenantId=str(uuid4()))
            assert (await socket.hear("error"))["code"] == "bad-request"
            assert await socket.closed() == (1008, "bad-request")

    talk(conversation())


def test_who_is_not_let_in_hears_why_and_is_closed_with_the_slug(
    talk: Talk, alice: User, bob: User, charlie: User
) -> None:
    token, suspended, tenant = access(alice), access(bob), str(alice.tenant_id)
    suspend(bob)
    strangers: dict[str, tuple[Mapping[str, str], str]] = {
        "no JWT": ({"token": "x", "tenantId": tenant}, "unauthorized"),
        "an empty token": ({"token": "", "tenantId": tenant}, "unauthorized"),
        "an old token": ({"token": signed(token, exp=1), "tenantId": tenant}, "unauthorized"),
        "a suspended user": ({"token": suspended, "tenantId": tenant}, "unauthorized"),
        "a token of another tenant": ({"token": token, "tenantId": str(charlie.tenant_id)}, "forbidden"),
        "another tenant's name": ({"token": token, "tenantId": "acme"}, "bad-request"),
        "too little scope": ({"token": signed(token, scope="read:pets"), "tenantId": tenant}, "forbidden"),
    }

    async def conversation() -> None:
        found = {name: await refusal(Socket(query=dict(query))) for name, (query, _) in strangers.items()}
        assert found == {name: (slug, 1008, slug) for name, (_, slug) in strangers.items()}

    talk(conversation())
    assert count_stored_rows() == (0, 0)


def test_a_first_frame_at_fault_is_answered_and_another_one_may_come(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Socket() as socket:
            socket.put_text("no JSON")
            assert (await socket.hear("error"))["code"] == "bad-request"
            problem = await socket.fault("auth", id="a-1", token=1)
            assert [fault["field"] for fault in problem["errors"]] == ["token"]
            assert socket.frames[-1]["replyTo"] == "a-1"
            socket.tell("auth", token=token, tenantId=str(alice.tenant_id))
            await socket.hear("connected")

    token = access(alice)
    talk(conversation())


def test_another_first_frame_than_auth_is_unauthorized(talk: Talk, pool: Tenant) -> None:
    async def conversation() -> None:
        async with Socket() as socket:
            socket.tell("joinRoom", id="j-1")
            error = await socket.hear("error")
            assert (error["code"], error["replyTo"]) == ("unauthorized", "j-1")
            assert await socket.closed() == (1008, "unauthorized")

    talk(conversation())


def test_a_bad_token_in_the_first_frame_is_a_refusal(talk: Talk, pool: Tenant) -> None:
    async def conversation() -> None:
        async with Socket() as socket:
            socket.tell("auth", id="a-1", token=BAD)
            error = await socket.hear("error")
            assert (error["code"], error["replyTo"]) == ("unauthorized", "a-1")
            assert await socket.closed() == (1008, "unauthorized")

    talk(conversation())


def test_a_first_frame_that_does_not_come_in_time_closes_with_4408(
    talk: Talk, pool: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(conversations, "AUTH_SECONDS", 0.1)

    async def conversation() -> None:
        async with Socket() as socket:
            assert (await socket.closed())[0] == 4408
            assert socket.frames == []
        async with Socket() as socket:
            socket.put_text("{}")
            assert (await socket.hear("error"))["code"] == "validation-error"
            assert (await socket.closed())[0] == 4408

    talk(conversation())


def test_a_flood_before_the_first_frame_is_closed(talk: Talk, pool: Tenant) -> None:
    async def conversation() -> None:
        async with Socket() as socket:
            for _ in range(130):
                socket.put_text("no JSON")
            assert await socket.closed() == (1008, "rate-limit-exceeded")

    talk(conversation())


def test_the_handshake_itself_fails_for_a_bad_host_only(talk: Talk, alice: User) -> None:
    tenant = str(alice.tenant_id)

    async def conversation() -> None:
        twice = Socket(x_tenant_id=tenant).add_header("x-tenant-id", str(uuid4()))
        assert await refusal(twice) == ("bad-request", 1008, "bad-request")
        long = Socket(query="&".join(["tenantId="] * 1000))
        assert await refusal(long) == ("bad-request", 1008, "bad-request")
        many = Socket(query="&".join(["a=1"] * 2000))
        assert await refusal(many) == ("bad-request", 1008, "bad-request")
        async with Socket(host="else.where") as socket:
            assert (socket.status, socket.frames) == (400, [])
        async with Socket(origin="https://else.where") as socket:
            assert socket.status == 0

    talk(conversation())


def test_a_handshake_counts_and_one_too_many_is_429(talk: Talk, alice: User, settings: Settings) -> None:
    settings.RATE_LIMIT = (2, 10**9)

    async def conversation() -> None:
        for _ in range(2):
            async with ChatClient(alice) as hers:
                assert hers.hello["type"] == "connected"
        async with ChatClient(alice) as hers:
            assert hers.status == 429
            assert int(hers.answer_headers["Retry-After"]) > 0
            assert hers.answer_headers["RateLimit-Remaining"] == "0"
            assert hers.answer_headers["RateLimit-Policy"] == '"address";q=2;w=1000000000'
        assert len(open_sockets) == 0

    talk(conversation())


def test_staff_of_another_tenant_are_let_in_to_their_own_only(talk: Talk, gina: User, acme: Tenant) -> None:
    token = access(gina)

    async def conversation() -> None:
        async with Socket(query={"token": token, "tenantId": str(gina.tenant_id)}) as hers:
            assert (await hers.hear("connected"))["role"] == "AGENT"
        slug, code, _ = await refusal(Socket(query={"token": token, "tenantId": str(acme.id)}))
        assert (slug, code) == ("forbidden", 1008)

    talk(conversation())

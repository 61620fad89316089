"""Rights that are lost while a socket is open, and clients that take more than is theirs (contract, WebSocket)."""

import asyncio
import time
from uuid import uuid4

import pytest
from django.db import InterfaceError, OperationalError

from accounts.models import User
from accounts.services.tenants import remove_tenant_member
from kernel.actor import SYSTEM
from petstore.interfaces.rooms import frame_rates, registry
from petstore.interfaces.websocket import chat_sockets, conversations, outboxes
from petstore.server.web_sockets import OpenSockets
from tests.concurrency import PATIENCE
from tests.rest.listening import meanwhile
from tests.rest.tokens import access, signed, suspend
from tests.websocket.client import ChatClient, Socket
from tests.websocket.conftest import Talk, count_stored_rows


def test_a_user_who_is_suspended_is_cut_off_at_the_next_look(
    talk: Talk, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "CHECK_SECONDS", 0.05)

    async def conversation() -> None:
        async with ChatClient(alice) as hers, ChatClient(bob) as his:
            await meanwhile(suspend, alice)
            error = await hers.hear("error")
            assert (error["code"], error["replyTo"]) == ("unauthorized", None)
            assert await hers.closed() == (1008, "unauthorized")
            assert await his.settled() == []

    talk(conversation())


def test_a_token_that_expires_ends_the_session_at_the_next_look(
    talk: Talk, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "CHECK_SECONDS", 0.2)
    token = signed(access(alice), exp=int(time.time()) + 2)

    async def conversation() -> None:
        async with ChatClient(alice, token=token) as hers:
            assert hers.hello["type"] == "connected"
            assert (await hers.hear("error"))["code"] == "unauthorized"
            assert await hers.closed() == (1008, "unauthorized")

    talk(conversation())


def test_what_is_asked_for_without_a_right_is_refused_before_any_look(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            await meanwhile(suspend, alice)
            hers.tell("chatMessage", id="c-1", text="Hello?")
            error = await hers.hear("error")
            assert (error["code"], error["replyTo"]) == ("unauthorized", "c-1")
            assert await hers.closed() == (1008, "unauthorized")

    talk(conversation())
    assert count_stored_rows() == (0, 0)


def test_staff_who_leave_the_tenant_hear_its_rooms_no_more(
    talk: Talk, alice: User, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "CHECK_SECONDS", 0.05)

    async def conversation() -> None:
        async with ChatClient(alice) as hers, ChatClient(sam) as his:
            await his.join((await hers.say("Hello?"))["roomId"])
            await meanwhile(lambda: remove_tenant_member(tenant_id=alice.tenant_id, user=sam, actor=SYSTEM))
            assert (await his.hear("error"))["code"] == "forbidden"
            assert await his.closed() == (1008, "forbidden")

    talk(conversation())


@pytest.mark.parametrize("outage", [OperationalError, InterfaceError])
def test_an_outage_of_the_database_ends_no_session(
    talk: Talk,
    alice: User,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    outage: type[Exception],
) -> None:
    def fail(*_: object) -> None:
        raise outage("away")

    monkeypatch.setattr(registry, "CHECK_SECONDS", 0.02)

    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            with monkeypatch.context() as away:
                away.setattr(registry, "_find_lost_rights", fail)
                async with asyncio.timeout(PATIENCE):
                    while "looked at later" not in caplog.text:
                        await asyncio.sleep(0.02)
            assert await hers.settled() == []

    talk(conversation())


def test_a_user_has_ten_sockets_and_a_place_that_is_left_is_free(
    talk: Talk, alice: User, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry.room_sessions, "_per_user", 2)

    async def conversation() -> None:
        async with ChatClient(alice) as first:
            async with ChatClient(alice):
                async with ChatClient(alice) as third:
                    assert third.hello["code"] == "rate-limit-exceeded"
                    assert await third.closed() == (1013, "rate-limit-exceeded")
                async with ChatClient(bob) as his:
                    assert his.hello["type"] == "connected"
            async with ChatClient(alice) as again:
                assert again.hello["type"] == "connected"
            assert await first.settled() == []

    talk(conversation())


def test_a_process_that_is_full_says_so(talk: Talk, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversations, "open_sockets", OpenSockets(per_process=1))

    async def conversation() -> None:
        async with ChatClient(alice) as hers, Socket() as another:
            assert (await another.closed())[0] == 1013
            assert await hers.settled() == []

    talk(conversation())


def test_who_does_not_read_is_cut_off_and_misses_nothing(
    talk: Talk, alice: User, sam: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outboxes, "MAX_BACKLOG", 20_000)
    monkeypatch.setattr(frame_rates, "AT_ONCE", 1000.0)

    async def conversation() -> None:
        async with ChatClient(sam) as his, ChatClient(alice) as hers:
            room = (await hers.say("Hello?", "c-0"))["roomId"]
            await his.join(room)
            await hers.hear("agentAssigned")
            his.stop_reading()
            for number in range(1, 9):
                await hers.say("x" * 4000, f"c-{number}", roomId=room)
            assert await his.closed() == (1013, "You do not read.")
            assert await hers.settled() == []
        monkeypatch.setattr(outboxes, "MAX_BACKLOG", 1_000_000)
        async with ChatClient(sam) as his:
            assert len((await his.join(room))["messages"]) == 9

    talk(conversation())


def test_a_client_that_goes_in_the_middle_leaves_nothing_behind(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        for _ in range(3):
            async with ChatClient(alice) as hers:
                hers.tell("joinRoom", roomId=str(uuid4()))
                hers.tell("chatMessage", id="c-1", text="Hello?")
                hers.leave()

    talk(conversation())
    assert count_stored_rows() in ((0, 0), (1, 1))


@pytest.mark.parametrize(
    ("error", "code"), [(ZeroDivisionError("a secret"), 1011), (OperationalError("a secret"), 1013)]
)
def test_a_caller_whom_we_cannot_let_in_is_told_so(
    talk: Talk, alice: User, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int
) -> None:
    def fail(_: object) -> None:
        raise error

    monkeypatch.setattr(chat_sockets, "let_caller_in", fail)

    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            assert (hers.hello["type"], hers.hello["code"]) == ("error", "internal-server-error")
            assert "secret" not in str(hers.hello)
            assert await hers.closed() == (code, "internal-server-error")

    talk(conversation())

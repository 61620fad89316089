"""Who is let in over Socket.IO, and what the others are told (contract, Socket.IO)."""

import asyncio
import time
from typing import Any

import pytest
from pytest_django import Settings

from accounts.models import User
from petstore.interfaces.rooms import registry
from petstore.interfaces.socketio import connections
from petstore.interfaces.socketio.process import host_process
from tenants.models import Tenant
from tests.rest.listening import meanwhile
from tests.rest.tokens import access, signed, suspend
from tests.socketio.client import PATH, Chat, Refused, SocketChat, ask
from tests.socketio.conftest import Talk


async def refusal_of(auth: Any, **more: Any) -> tuple[str, int]:
    """The slug and the status that a handshake is refused with."""
    with pytest.raises(Refused) as caught:
        await Chat(auth=auth, **more).__aenter__()
    problem = caught.value.problem
    assert (problem["instance"], problem["type"].rpartition("/")[2]) == (PATH, caught.value.slug)
    return caught.value.slug, problem["status"]


def test_who_may_not_come_in_is_told_why(talk: Talk, alice: User, globex: Tenant) -> None:
    async def conversation() -> None:
        token, home = await meanwhile(access, alice), str(alice.tenant_id)
        assert await refusal_of(None) == await refusal_of({"token": "x"}) == ("unauthorized", 401)
        assert await refusal_of({"token": None, "tenantId": home}) == ("unauthorized", 401)
        narrow = signed(token, scope="read:pets")
        assert await refusal_of({"token": narrow, "tenantId": home}) == ("forbidden", 403)
        assert await refusal_of({"token": token, "tenantId": str(globex.id)}) == ("forbidden", 403)
        assert await refusal_of({"token": token, "tenantId": "x"}) == ("bad-request", 400)
        two = {"x-tenant-id": str(globex.id)}
        assert await refusal_of({"token": token, "tenantId": home}, headers=two) == ("bad-request", 400)
        assert await refusal_of({"token": token, "tenant": home}) == ("validation-error", 400)
        assert await refusal_of([token]) == await refusal_of({"token": 5}) == ("validation-error", 400)
        good = {"token": token, "tenantId": home}
        assert await refusal_of(good, namespace="/admin,") == ("not-found", 404)

    talk(conversation())


def test_the_tenant_may_stand_in_the_header(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        token, home = await meanwhile(access, alice), str(alice.tenant_id)
        async with Chat(auth={"token": token}, headers={"x-tenant-id": home}) as hers:
            await hers.join()
        async with SocketChat(auth={"token": token}, headers={"x-tenant-id": home}) as his:
            await his.join()
        async with Chat(auth={"token": token, "tenantId": home}, headers={"x-tenant-id": home.upper()}) as hers:
            await hers.join()

    talk(conversation())


def test_who_was_refused_may_try_again_in_the_same_session(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        token = await meanwhile(access, alice)
        stranger = Chat(auth={"token": "x"})
        with pytest.raises(Refused, match="unauthorized"):
            await stranger.__aenter__()
        await stranger.connect({"token": token, "tenantId": str(alice.tenant_id)})
        await stranger.put("40{}")
        with pytest.raises(Refused, match="bad-request"):  # it is connected already
            await stranger.settled()
        await stranger.join()

    talk(conversation())


def test_a_handshake_takes_one_from_the_quota_and_a_poll_takes_none(
    talk: Talk, alice: User, settings: Settings
) -> None:
    settings.RATE_LIMIT = (2, 3600)

    async def conversation() -> None:
        async with Chat(alice) as hers:
            for _ in range(3):
                await hers.settled()
        async with SocketChat(alice):
            pass
        auth = {"token": await meanwhile(access, alice), "tenantId": str(alice.tenant_id)}
        assert await refusal_of(auth) == ("rate-limit-exceeded", 429)

    talk(conversation())


def test_a_user_has_as_many_sessions_as_they_may_and_no_more(talk: Talk, alice: User, bob: User) -> None:
    async def conversation() -> None:
        auth = {"token": await meanwhile(access, alice), "tenantId": str(alice.tenant_id)}
        opened = [await Chat(auth=auth).__aenter__() for _ in range(registry.PER_USER)]
        assert await refusal_of(auth) == ("rate-limit-exceeded", 429)
        async with Chat(bob):
            await opened[0].__aexit__()
        async with Chat(auth=auth):
            pass

    talk(conversation())


def test_a_token_that_expires_disconnects(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        token = signed(await meanwhile(access, alice), exp=int(time.time()) + 2)
        async with Chat(auth={"token": token, "tenantId": str(alice.tenant_id)}) as hers:
            while (answer := await hers.emit_text('["joinChat",{}]'))["ok"]:
                await hers.hear("connected")
                await asyncio.sleep(0.15)  # no flood
            assert answer["error"]["status"] == 401
            assert (await hers.hear("error"))["status"] == 401
            await hers.sent_away()

    talk(conversation())


def test_who_is_suspended_is_disconnected_without_asking_for_anything(
    talk: Talk, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "CHECK_SECONDS", 0.05)

    async def conversation() -> None:
        async with SocketChat(alice) as hers:
            await hers.join()
            await meanwhile(suspend, alice)
            assert (await hers.hear("error"))["status"] == 401
            await hers.sent_away()
            assert len(registry.room_sessions) == 0

    talk(conversation())


def test_a_session_that_is_not_connected_ends(talk: Talk, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    async def ended(sid: str) -> bool:
        while (answer := await ask(sid=sid)).status == 200:
            pass
        return answer.refusal == (400, 1)

    async def conversation() -> None:
        async with Chat(alice) as hers:
            monkeypatch.setattr(connections, "CONNECT_SECONDS", 0.05)
            silent = Chat()
            await silent.open()
            assert await ended(silent.sid)
            await hers.settled()
            await hers.put("41")
            assert await ended(hers.sid)
            hers.is_closed = True

    talk(conversation())


def test_a_process_that_ends_sends_its_clients_elsewhere(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as polling, SocketChat(alice) as socket:
            host_process.end_all_sessions()
            assert await socket.line.closed() == 1000
            assert (await ask(sid=polling.sid)).refusal == (400, 1)
            answer = await ask()
            assert (answer.status, answer.headers["retry-after"]) == (503, "5")
            polling.is_closed = True

    talk(conversation())

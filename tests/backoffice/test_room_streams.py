"""The live part of a room's page, over ASGI: what happens in the room, as server-sent events."""

import asyncio
from collections.abc import Coroutine, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connections

from accounts.models import User
from accounts.services.tenants import remove_tenant_member
from chat.models import Room
from chat.services.rooms import close_support_room
from kernel.actor import SYSTEM
from petstore import asgi
from petstore.interfaces.backoffice import room_streams as module
from petstore.interfaces.backoffice.room_streams import room_streams
from petstore.interfaces.http.refused_requests import build_refused_response
from petstore.interfaces.live.poller import run_in_reader
from petstore.interfaces.live.rooms import room_feed
from petstore.interfaces.live.streams import LIMITS, streams
from petstore.server.asgi_handler import ThreadedHandler
from tenants.scoping import tenant_scope
from tests.backoffice.screens import Screen, screen_of
from tests.chat.rooms.talking import write_in_room
from tests.rest.listening import Stream, close_threads_of, meanwhile

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _own_threads(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The application has request threads of its own."""
    handler = ThreadedHandler(build_refused_response)
    monkeypatch.setattr(asgi.application, "handler", handler)
    yield
    close_threads_of(handler)


def cookie_of(screen: Screen) -> str:
    name = settings.SESSION_COOKIE_NAME
    return f"{name}={screen.cookies[name].value}"


def listen(screen: Screen, room: Room, **headers: str) -> Stream:
    return Stream(f"/admin/chat/room/{room.pk}/live/", cookie=cookie_of(screen), **headers)


def run(story: Coroutine[Any, Any, Any]) -> Any:
    """The story, at whose end nobody is left waiting."""

    async def told() -> Any:
        result = await story
        assert (len(room_feed), len(room_streams), streams.is_clear) == (0, 0, True)
        await run_in_reader(connections.close_all)
        return result

    return asyncio.run(told())


async def read_until(stream: Stream, part: bytes) -> bytes:
    """Listen until a part has come, and return all that came."""
    told = b""
    while part not in told:
        message = await stream._next()  # noqa: SLF001  # events of ours have no id, but for messages
        told += message.get("body", b"")
        if not message.get("more_body"):
            break
    return told


def test_what_happens_in_a_room_is_told_until_it_is_closed(sam: User, alice: User, room: Room, sams: Screen) -> None:
    def close() -> None:
        with tenant_scope(room.tenant_id):
            close_support_room(room_id=room.pk, actor=SYSTEM)

    async def story() -> bytes:
        async with listen(sams, room) as stream:
            assert stream.head["status"] == 200
            await meanwhile(write_in_room, alice, "<b>Anybody?</b>")
            told = await read_until(stream, b"Anybody")
            await meanwhile(lambda: write_in_room(sam, "Yes", room_id=room.pk))
            told += await read_until(stream, b"event: agent")
            await meanwhile(close)
            return told + await read_until(stream, b"event: closed")

    told = run(story())
    assert b"id: 2\nevent: message\n" in told
    assert b"<b>" not in told
    assert b'"isViewer":true' in told


def test_whoever_connects_again_hears_what_they_missed(alice: User, room: Room, sams: Screen) -> None:
    second = write_in_room(alice, "Anybody there?")

    async def story() -> bytes:
        async with listen(sams, room, last_event_id="1") as stream:
            return await read_until(stream, b"there?")

    told = run(story())
    assert b"id: %d\n" % second.number in told
    assert b"Luna" not in told


@pytest.mark.parametrize("loss", ["session", "membership"])
def test_whoever_loses_their_right_hears_no_more(
    sam: User, alice: User, room: Room, sams: Screen, loss: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LOOK_SECONDS", 0.05)

    def lose() -> None:
        if loss == "session":
            Session.objects.all().delete()
        else:
            remove_tenant_member(tenant_id=room.tenant_id, user=sam, actor=SYSTEM)

    async def story() -> bytes:
        async with listen(sams, room) as stream:
            await read_until(stream, b":\n\n")
            await meanwhile(lose)
            told = await read_until(stream, b"event: ended")
            await meanwhile(write_in_room, alice, "A secret")
            return told + await read_until(stream, b"never")

    assert b"secret" not in run(story())


def test_a_process_that_is_to_end_ends_its_streams(room: Room, sams: Screen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room_streams, "is_closed", False)

    async def story() -> bytes:
        async with listen(sams, room) as stream:
            await read_until(stream, b"retry")
            room_streams.close_all_streams()
            return await read_until(stream, b"never")

    assert run(story()) == b""


def test_one_stream_more_than_a_room_may_have_is_refused(room: Room, sams: Screen) -> None:
    async def story() -> Any:
        opened = [listen(sams, room) for _ in range(LIMITS.per_subject)]
        for stream in opened:
            await stream.__aenter__()
            await read_until(stream, b"retry")
        async with listen(sams, room) as late:
            status = late.head["status"]
        for stream in opened:
            await stream.__aexit__()
        return status

    assert run(story()) == 429


def test_a_stranger_and_staff_of_another_shop_hear_nothing(gina: User, room: Room) -> None:
    ginas = screen_of(gina)

    async def story() -> list[int]:
        async with listen(ginas, room) as foreign, Stream(f"/admin/chat/room/{room.pk}/live/") as stranger:
            return [foreign.head["status"], stranger.head["status"]]

    assert run(story()) == [404, 302]


def test_a_page_that_has_missed_too_much_is_loaded_anew(
    alice: User, room: Room, sams: Screen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MAX_MISSED", 1)
    write_in_room(alice, "One")
    write_in_room(alice, "Two")

    async def story() -> bytes:
        async with listen(sams, room, last_event_id="1") as stream:
            return await read_until(stream, b"never")

    assert run(story()) == module.ENDED

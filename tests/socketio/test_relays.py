"""Sessions of other web processes: whichever process a request reaches, its session answers (contract, Socket.IO)."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from accounts.models import User
from petstore.interfaces.socketio import relays
from petstore.interfaces.socketio.engine import PING_SECONDS, PONG_SECONDS
from petstore.server.sibling_links import SiblingLink, SiblingListener
from petstore.server.siblings import (
    KEPT_FOLDER,
    join_siblings,
    own_name,
    prepare_sibling_folder,
    remove_sibling_folder,
)
from tests.socketio.client import Chat, Line, UpgradedChat, ask, until_polled
from tests.socketio.conftest import Talk

OWNER, OTHER = 1, 2


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """This process is the one that sessions begin in."""
    monkeypatch.setenv(KEPT_FOLDER, "")  # given back at the end
    made = prepare_sibling_folder()
    assert made is not None
    join_siblings(OWNER)
    yield made
    remove_sibling_folder()


def test_polls_and_posts_are_passed_on(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        hers = Chat(alice)
        await hers.open()
        assert hers.sid.startswith(f"{own_name()}.")
        join_siblings(OTHER)  # from now on this process passes on what is the owner's
        auth = f'40{{"token":"x","tenantId":"{alice.tenant_id}"}}'
        assert (await ask("POST", auth.encode(), sid=hers.sid)).packets == ["ok"]
        (refusal,) = (await ask(sid=hers.sid)).packets
        assert refusal.startswith('44{"message":"unauthorized"')
        assert (await ask("POST", b"nonsense", sid=hers.sid)).refusal == (400, 3)
        assert (await ask(sid=hers.sid)).refusal == (400, 1)

    talk(conversation())


@pytest.mark.parametrize("kind", [Chat, UpgradedChat])
def test_a_conversation_goes_on_over_another_process(talk: Talk, alice: User, kind: type[Chat]) -> None:
    class Wanderer(kind):  # type: ignore[misc, valid-type]  # either
        def greet(self, packet: str) -> None:
            super().greet(packet)
            join_siblings(OTHER)

    async def conversation() -> None:
        async with Wanderer(alice) as hers:
            room = (await hers.join())["roomId"]
            sent = await hers.emit("chatMessage", roomId=room, text="Hello " + "ö" * 3000)
            assert sent["roomId"] == room
            assert await hers.settled() == []

    talk(conversation())


def test_a_client_that_leaves_a_poll_that_was_passed_on_has_left(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers:
            join_siblings(OTHER)
            waiting = asyncio.create_task(ask(sid=hers.sid))
            await until_polled(hers.sid)
            waiting.cancel()
            while (await ask("POST", b"3", sid=hers.sid)).status == 200:
                pass
            hers.is_closed = True

    talk(conversation())


def test_a_socket_that_is_no_upgrade_is_refused_by_the_other_process(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with UpgradedChat(alice) as hers:
            join_siblings(OTHER)
            async with Line(sid=hers.sid) as second:
                assert second.status == 400
            await hers.join()

    talk(conversation())


def test_sessions_of_a_process_that_has_ended_are_unknown(talk: Talk, alice: User, folder: Path) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers:
            join_siblings(OTHER)
            assert (await ask("POST", b"3", sid=hers.sid)).status == 200  # the control
            (folder / f"{OWNER}-{os.getpid()}.socketio").unlink()
            assert (await ask(sid=hers.sid)).refusal == (400, 1)
            assert (await ask("POST", b"3", sid=hers.sid)).refusal == (400, 1)
            async with Line(sid=hers.sid) as line:
                assert line.status == 400
            hers.is_closed = True

    talk(conversation())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_request_that_was_passed_on_before_its_process_froze_ends_as_unknown(
    talk: Talk, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(relays, "POLL_SECONDS", 0.2)
    monkeypatch.setattr(relays, "ANSWER_SECONDS", 0.2)

    async def take_and_freeze(link: SiblingLink) -> None:
        await link.receive_message()
        await asyncio.Event().wait()

    async def conversation() -> None:
        sid = f"{own_name()}.x"
        listener = SiblingListener(relays.KIND, take_and_freeze)
        await listener.start_listening()
        join_siblings(OTHER)
        assert (await ask(method, b"3" if method == "POST" else b"", sid=sid)).refusal == (400, 1)
        await listener.stop_listening()

    talk(conversation())


def test_a_poll_that_was_passed_on_waits_longer_than_any_session_and_less_than_its_client() -> None:
    assert PING_SECONDS < relays.POLL_SECONDS < PING_SECONDS + PONG_SECONDS

"""Sessions of Engine.IO: transports, limits, and requests that do not fit the protocol (contract, Socket.IO)."""

import asyncio

import pytest

from accounts.models import User
from kernel.caller import NO_CREDENTIALS, Peer
from petstore.interfaces.entry.socket_callers import SocketCaller
from petstore.interfaces.live.streams import StreamLimitReached, TooManyStreams
from petstore.interfaces.socketio import engine
from petstore.interfaces.socketio.hub import SessionHub
from petstore.server.request_pool import RequestPool
from tests.concurrency import PATIENCE
from tests.socketio.client import Chat, Line, SocketChat, UpgradedChat, ask, until_polled
from tests.socketio.conftest import Talk


def test_the_greeting_says_the_limits(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers:
            told = {name: value for name, value in hers.greeting.items() if name != "sid"}
            assert told == {
                "upgrades": ["websocket"],
                "pingInterval": 25_000,
                "pingTimeout": 20_000,
                "maxPayload": 65_536,
            }
        async with SocketChat(alice) as hers:
            assert hers.greeting["upgrades"] == []

    talk(conversation())


def test_a_request_that_does_not_fit_is_refused_as_the_protocol_has_it(talk: Talk) -> None:
    async def conversation() -> None:
        assert (await ask(transport="webtransport")).refusal == (400, 0)
        assert (await ask(transport="websocket")).refusal == (400, 0)
        assert (await ask(EIO="3")).refusal == (400, 5)
        assert (await ask("POST", b"40")).refusal == (400, 2)
        for sid in ("x", "1-4711.x", "../../etc-1.x", "1-4711.", ".", "x" * 4000, "<script>"):
            for answer in (await ask(sid=sid), await ask("POST", b"40", sid=sid)):
                assert answer.refusal == (400, 1)
                assert b"script" not in answer.body
                assert (answer.headers["content-type"], answer.headers["x-content-type-options"]) == (
                    "application/json",
                    "nosniff",
                )
            async with Line(sid=sid) as line:
                assert line.status == 400
        async with Line(transport="polling") as line:
            assert line.status == 400

    talk(conversation())


def test_what_is_no_request_of_a_session_is_a_problem(talk: Talk) -> None:
    async def conversation() -> None:
        for status, answer in (
            (405, await ask("PUT")),
            (404, await ask(path="/socket.io/x")),
            (404, await ask(path="/socket.io")),
            (413, await ask("POST", b"4" * 65_537, sid="x")),
            (400, await ask(headers={"host": "elsewhere.example"})),
        ):
            assert (answer.status, answer.headers["content-type"]) == (status, "application/problem+json")
        allowed = await ask("OPTIONS")
        assert (allowed.status, allowed.headers["allow"]) == (204, "GET, POST, OPTIONS")
        async with Line({"host": "elsewhere.example"}) as line:
            assert line.status == 400

    talk(conversation())


def test_no_answer_sets_a_cookie_or_may_be_kept(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers:
            answer = await ask("POST", b"3", sid=hers.sid)
            assert answer.headers["cache-control"] == "no-store"
            assert not {"set-cookie", "ratelimit"} & answer.headers.keys()
            assert "x-request-id" in answer.headers

    talk(conversation())


def test_the_largest_payload_is_taken(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers:
            text = '42["chatMessage",{"text":""}]'
            await hers.put(text[:-3] + "x" * (65_536 - len(text)) + text[-3:])
            assert (await hers.hear("error"))["errors"][0]["code"] == "max_length"
            await hers.put(*["3"] * 100)
            answer = await ask("POST", "\x1e".join(["3"] * 101).encode(), sid=hers.sid)
            assert answer.refusal == (400, 3)
            hers.is_closed = True

    talk(conversation())


@pytest.mark.parametrize("body", [b"\xff", b"4\x1e\x1e4"])
def test_a_payload_that_cannot_be_read_ends_nobody_else(talk: Talk, alice: User, body: bytes) -> None:
    async def conversation() -> None:
        async with Chat(alice) as other, Chat(alice) as hers:
            assert (await ask("POST", body, sid=hers.sid)).refusal == (400, 3)
            await other.join()

    talk(conversation())


def test_two_polls_at_a_time_end_the_session(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers:
            first = asyncio.create_task(ask(sid=hers.sid))
            await until_polled(hers.sid)
            assert (await ask(sid=hers.sid)).refusal == (400, 3)
            assert (await first).packets == ["6"]
            assert (await ask(sid=hers.sid)).refusal == (400, 1)
            hers.is_closed = True

    talk(conversation())


def test_a_client_that_leaves_its_poll_has_left(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers:
            waiting = asyncio.create_task(ask(sid=hers.sid))
            await until_polled(hers.sid)
            waiting.cancel()
            while (await ask("POST", b"3", sid=hers.sid)).status == 200:
                pass
            hers.is_closed = True

    talk(conversation())


def test_a_client_that_answers_no_ping_is_gone(talk: Talk, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "PING_SECONDS", 0.1)

    async def conversation() -> None:
        async with Chat(alice) as lively:
            for _ in range(3):
                assert await lively.get() == ["2"]
                await lively.put("3")
            monkeypatch.setattr(engine, "PONG_SECONDS", 0.1)
            async with SocketChat(alice) as silent:
                assert await silent.line.get() == "2"
                assert await silent.line.closed() == 1000
            lively.is_closed = True

    talk(conversation())


@pytest.mark.parametrize("kind", [Chat, SocketChat])
def test_who_does_not_fetch_what_waits_is_cut_off(
    talk: Talk, alice: User, monkeypatch: pytest.MonkeyPatch, kind: type[Chat]
) -> None:
    async def conversation() -> None:
        async with SocketChat(alice) as other, kind(alice) as hers:
            room = (await other.join())["roomId"]
            await hers.join(room)
            if isinstance(hers, SocketChat):
                hers.line.stop_reading()
            monkeypatch.setattr(engine, "MAX_BACKLOG", 2000)
            for number in range(12):
                await other.emit("chatMessage", roomId=room, text=f"{number} {'x' * 1500}")
            async with asyncio.timeout(PATIENCE):  # it is cut off soon, and unknown from then on
                while (answer := await ask("POST", b"3", sid=hers.sid)).status != 400 or answer.refusal != (400, 1):
                    await asyncio.sleep(0.05)
            monkeypatch.undo()
            hers.is_closed = True
            await other.settled()

    talk(conversation())


def test_an_upgrade_that_is_given_up_leaves_the_polling_as_it_was(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers:
            for words in ((), ("2probe",), ("2probe", "nonsense"), ("5",)):
                async with Line(sid=hers.sid) as line:
                    for word in words:
                        line.put_text(word)
                    if words[:1] == ("2probe",):
                        assert await line.get() == "3probe"
            await hers.join()

    talk(conversation())


def test_one_upgrade_at_a_time_and_then_no_more_polls(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with UpgradedChat(alice) as hers:
            await hers.join()
            assert (await ask(sid=hers.sid)).refusal == (400, 3)
            assert (await ask("POST", b"3", sid=hers.sid)).refusal == (400, 3)
            async with Line(sid=hers.sid) as second:
                assert second.status == 400
            await hers.settled()
        async with Chat(alice) as his, Line(sid=his.sid), Line(sid=his.sid) as second:
            assert second.status == 400
            await his.join()

    talk(conversation())


def test_what_waits_during_an_upgrade_comes_over_the_socket(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers, Line(sid=hers.sid) as line:
            line.put_text("2probe")
            assert await line.get() == "3probe"
            await hers.put('427["leaveChat",{}]')
            assert await hers.get() == ["6"]
            line.put_text("5")
            assert (await line.get()).startswith("437")
            hers.is_closed = True

    talk(conversation())


def test_sessions_are_bounded_by_network_and_process() -> None:
    async def open_many() -> None:
        hub = SessionHub(RequestPool(), per_network=2, per_process=3)
        near, far = (SocketCaller(NO_CREDENTIALS, None, Peer(address)) for address in ("192.0.2.1", "203.0.113.1"))
        first, _ = hub.open_new_session(near), hub.open_new_session(near)
        with pytest.raises(StreamLimitReached):
            hub.open_new_session(near)
        hub.open_new_session(far)
        with pytest.raises(TooManyStreams):
            hub.open_new_session(far)
        first.close_session()
        hub.open_new_session(near)
        hub.end_all_sessions()
        assert len(hub) == 0

    asyncio.run(open_many())

"""What clients of Socket.IO should not send: each is refused, and nothing is changed (contract, Socket.IO)."""

import json
from typing import Any

import pytest

from accounts.models import User
from chat.models import MAX_TEXT, RoomMessage
from kernel import ids
from petstore.interfaces.rooms.frame_rates import AT_ONCE, MAX_DROPPED
from petstore.interfaces.socketio import connections, engine
from tenants.scoping import all_tenants
from tests.rest.listening import meanwhile
from tests.socketio.client import Chat, Line, Refused, SocketChat, ask
from tests.socketio.conftest import Talk

ROOM = ids.new_id_text()


def count_messages() -> int:
    with all_tenants(reason="the test counts what is stored anywhere"):
        return RoomMessage.objects.count()


def faults_of(problem: dict[str, Any]) -> list[tuple[str, str]]:
    assert problem["type"].endswith("/validation-error")
    return [(fault["field"], fault["code"]) for fault in problem["errors"]]


def test_an_event_at_fault_says_which_field(talk: Talk, alice: User, sam: User) -> None:
    async def conversation() -> None:
        async with SocketChat(alice) as hers, SocketChat(sam) as his:
            for event, argument, fault in (
                ("chatMessage", {}, ("text", "required")),
                ("chatMessage", {"text": ""}, ("text", "blank")),
                ("chatMessage", {"text": "x" * (MAX_TEXT + 1)}, ("text", "max_length")),
                ("chatMessage", {"text": 5}, ("text", "invalid")),
                ("chatMessage", {"text": "x", "id": "a b"}, ("id", "invalid")),
                ("chatMessage", {"text": "x", "type": "chatMessage"}, ("type", "unknown_field")),
                ("chatMessage", {"text": "x", "roomId": 1}, ("roomId", "invalid")),
                ("joinChat", {"afterMessageId": 1}, ("afterMessageId", "invalid")),
                ("typing", {"roomId": ROOM, "isTyping": "yes"}, ("isTyping", "invalid")),
                ("messageRead", {"roomId": ROOM}, ("messageId", "required")),
                ("leaveChat", [ROOM], ("body", "invalid")),
                ("roomClosed", {"roomId": ROOM}, ("event", "unknown_event")),
            ):
                assert faults_of(await hers.fault(event, argument)) == [fault]
            assert faults_of(await his.fault("joinChat", {})) == [("roomId", "required")]
            assert await hers.settled() == []
        assert await meanwhile(count_messages) == 0

    talk(conversation())


def test_an_event_has_one_argument(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with SocketChat(alice) as hers:
            assert faults_of(await hers.fault("joinChat")) == [("event", "invalid")]
            assert faults_of(await hers.fault("chatMessage", {"text": "a"}, {"text": "b"})) == [("event", "invalid")]

    talk(conversation())


def test_json_that_others_may_read_differently_is_refused(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with SocketChat(alice) as hers:
            for text in (
                '["chatMessage",{"text":"a","text":"b"}]',
                '["chatMessage",{"text":"a\\u0000"}]',
                '["chatMessage",{"text":"\\ud800"}]',
                '["chatMessage",{"text":NaN}]',
                '["chatMessage",{"text":1e999}]',
                '["chatMessage",{"text":' + "[" * 40 + "]" * 40 + "}]",
                '["chatMessage",' + "[" * 20_000,
                '["chatMessage"',
                "[]",
                "[5]",
                '{"text":"a"}',
                "",
            ):
                answer = await hers.emit_text(text)
                assert answer["error"]["type"].endswith("/bad-request"), text
        assert await meanwhile(count_messages) == 0

    talk(conversation())


def test_without_an_acknowledgement_an_error_says_the_same(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with Chat(alice) as hers:
            asked = await hers.fault("chatMessage", {})
            await hers.put('42["chatMessage",{}]')
            assert await hers.hear("error") == asked
            await hers.put('42["chatMessage",{"a":1,"a":2}]')
            assert (await hers.hear("error"))["type"].endswith("/bad-request")

    talk(conversation())


def test_attachments_of_bytes_are_refused(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        placeholder = '["chatMessage",{"text":{"_placeholder":true,"num":0}}]'
        async with Chat(alice) as hers:
            await hers.put(f"451-7{placeholder}", "bAAAA")
            assert (await hers.acknowledgement(7))["error"]["type"].endswith("/bad-request")
            await hers.join()
        async with SocketChat(alice) as his:
            his.line.put_bytes(b"\0")
            assert await his.line.closed() == 1003
        assert await meanwhile(count_messages) == 0

    talk(conversation())


def test_a_flood_is_dropped_and_then_cut_off(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        room = ids.new_id_text()
        async with SocketChat(alice) as hers:
            said = json.dumps(["chatMessage", {"text": "x", "roomId": room}])
            for number in range(int(AT_ONCE) + MAX_DROPPED + 50):
                hers.line.put_text(f"42{number}{said}")
            await hers.sent_away()
            assert (await hers.hear("error"))["status"] == 429
            answers = list(hers.acknowledged.values())
            dropped = [answer for answer in answers if not answer["ok"]]
            assert {answer["error"]["status"] for answer in dropped} == {429}
            assert len(dropped) == MAX_DROPPED
            hers.line.put_text(f"42{said}")
        assert await meanwhile(count_messages) == len(answers) - MAX_DROPPED
        assert len(answers) - MAX_DROPPED < AT_ONCE + 50

    talk(conversation())


def test_a_flood_of_attempts_to_connect_ends_the_session(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connections, "CONNECT_SECONDS", 1000.0)
    monkeypatch.setattr(engine, "PING_SECONDS", 1000.0)

    async def conversation() -> None:
        async with Line() as line:
            for _ in range(int(AT_ONCE) + MAX_DROPPED + 50):
                line.put_text("40/nowhere,")
            assert await line.closed() == 1000

    talk(conversation())


@pytest.mark.parametrize("packet", ["", "4", "49", "4x", "7", "x", "2probe", "5", "0{}", "4²", "42" + "9" * 101 + "[]"])
def test_what_is_no_packet_ends_the_session(talk: Talk, alice: User, packet: str) -> None:
    async def conversation() -> None:
        async with SocketChat(alice) as hers:
            hers.line.put_text(packet)
            assert await hers.line.closed() == 1000
        async with Chat(alice) as hers:
            await ask("POST", packet.encode(), sid=hers.sid)
            while (await ask(sid=hers.sid)).status == 200:
                pass
            hers.is_closed = True

    talk(conversation())


def test_who_is_not_connected_is_not_answered(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        stranger = Chat()
        await stranger.open()
        await stranger.put('421["joinChat",{}]', '42/admin,2["joinChat",{}]', "431[]", "41")
        with pytest.raises(Refused, match="unauthorized"):
            await stranger.connect(None)

    talk(conversation())

"""Frames at fault: each is answered by an error and by nothing else, and the socket stays (contract, WebSocket)."""

import json
from typing import Any
from uuid import uuid4

import pytest

from accounts.models import User
from petstore.interfaces.rooms import frame_rates
from petstore.interfaces.rooms.sessions import RoomSession
from petstore.interfaces.websocket.frames import CLIENT_FRAMES
from tests.websocket.client import ChatClient
from tests.websocket.conftest import Talk, count_stored_rows

ROOM = str(uuid4())
UNREADABLE = {
    "no JSON": "joinRoom",
    "nothing": "",
    "an array": '["ping"]',
    "a text": '"ping"',
    "null": "null",
    "a key twice": '{"type": "ping", "type": "ping"}',
    "a key twice, inside": '{"type": "ping", "x": {"a": 1, "a": 2}}',
    "a NUL": '{"type": "chatMessage", "id": "c-1", "text": "a\\u0000"}',
    "half a character": '{"type": "chatMessage", "id": "c-1", "text": "\\ud800"}',
    "NaN": '{"type": "ping", "x": NaN}',
    "an infinite number": '{"type": "ping", "x": 1e999}',
    "a huge number": '{"type": "ping", "x": ' + "9" * 30 + "}",
    "33 levels": '{"type": "ping", "x": ' + '{"a": ' * 33 + "1" + "}" * 34,
    "thousands of levels": "[" * 16_000,
    "a byte order mark": '\ufeff{"type": "ping"}',
}
FAULTY: dict[str, tuple[dict[str, Any], list[tuple[str, str]]]] = {
    "no type": ({}, [("type", "required")]),
    "an unknown type": ({"type": "shout"}, [("type", "invalid_choice")]),
    "a type of the server": ({"type": "connected"}, [("type", "invalid_choice")]),
    "a type in capitals": ({"type": "PING"}, [("type", "invalid_choice")]),
    "a type that is no text": ({"type": ["ping"]}, [("type", "invalid_choice")]),
    "an unknown member": ({"type": "ping", "extra": 1}, [("extra", "unknown_field")]),
    "an id with a space": ({"type": "ping", "id": "a b"}, [("id", "invalid")]),
    "an id that is too long": ({"type": "ping", "id": "x" * 65}, [("id", "invalid")]),
    "an empty id": ({"type": "ping", "id": ""}, [("id", "blank")]),
    "an id that ends in a line break": ({"type": "ping", "id": "a\n"}, [("id", "invalid")]),
    "an id that is a number": ({"type": "ping", "id": 7}, [("id", "invalid")]),
    "an id that is null": ({"type": "ping", "id": None}, [("id", "null")]),
    "a time that is none": ({"type": "ping", "timestamp": "yesterday"}, [("timestamp", "invalid")]),
    "no text": ({"type": "chatMessage", "id": "c-1"}, [("text", "required")]),
    "no id": ({"type": "chatMessage", "text": "Hi"}, [("id", "required")]),
    "an empty text": ({"type": "chatMessage", "id": "c-1", "text": ""}, [("text", "blank")]),
    "a blank text": ({"type": "chatMessage", "id": "c-1", "text": " \n"}, [("text", "blank")]),
    "too long a text": ({"type": "chatMessage", "id": "c-1", "text": "x" * 4001}, [("text", "max_length")]),
    "a text that is a number": ({"type": "chatMessage", "id": "c-1", "text": 1}, [("text", "invalid")]),
    "a room that is a number": ({"type": "joinRoom", "roomId": 7}, [("roomId", "invalid")]),
    "a room that is null": ({"type": "joinRoom", "roomId": None}, [("roomId", "null")]),
    "no room": ({"type": "leaveRoom"}, [("roomId", "required")]),
    "no message": ({"type": "messageRead", "roomId": ROOM}, [("messageId", "required")]),
    "no token": ({"type": "auth"}, [("token", "required")]),
    "a card number as a name": ({"type": "ping", "4242424242424242": 1}, [("body", "unknown_field")]),
}


def test_what_is_no_frame_is_a_bad_request(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        for name, text in UNREADABLE.items():
            async with ChatClient(alice) as hers:
                hers.put_text(text)
                error = await hers.hear("error")
                assert (name, error["code"], error["replyTo"]) == (name, "bad-request", None)
                assert await hers.settled() == []

    talk(conversation())
    assert count_stored_rows() == (0, 0)


def test_a_field_at_fault_is_named(talk: Talk, alice: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frame_rates, "AT_ONCE", 1000.0)

    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            for name, (frame, faults) in FAULTY.items():
                hers.tell_fault(frame)
                error = await hers.hear("error")
                found = [(fault["field"], fault["code"]) for fault in error["problem"]["errors"]]
                assert (name, error["code"], found) == (name, "validation-error", faults)
                client_id = frame.get("id")
                is_good = isinstance(client_id, str) and 0 < len(client_id) < 65 and not set(client_id) & set(" \n")
                assert error["replyTo"] == (client_id if is_good else None)
                assert "4242424242424242" not in json.dumps(error)
            assert await hers.settled() == []

    talk(conversation())
    assert count_stored_rows() == (0, 0)


ODD: list[Any] = [
    *(None, True, 7, -1.5, "", " ", "x", "\u202e", "\x1b[2J", "9" * 5000),
    *([], {}, [[{}]], {"a": {"b": []}}, str(uuid4()), "c-1"),
]


def test_whatever_is_sent_no_answer_is_a_defect_of_ours(
    talk: Talk, alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(frame_rates, "AT_ONCE", 10_000.0)
    monkeypatch.setattr(frame_rates, "MAX_DROPPED", 10_000)

    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            for kind, frame in CLIENT_FRAMES.items():
                good = {"id": "c-1", "text": "Hi", "roomId": ROOM, "messageId": ROOM, "token": "x"}
                names = tuple(frame().fields.keys())
                known = {name: good[name] for name in names if name in good}
                for name in (*names, "else"):
                    for odd in ODD:
                        hers.tell_fault({"type": kind, **known, name: odd})
                answers = await hers.settled()
                assert "internal-server-error" not in [one.get("code") for one in answers]
                assert answers

    talk(conversation())
    assert "failed" not in caplog.text


def test_a_ping_is_answered_and_its_time_is_taken_and_ignored(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            hers.tell("ping", id="p1", timestamp="1999-12-31T23:59:59+01:00")
            pong = await hers.hear("pong")
            assert (pong["replyTo"], pong["timestamp"][-1], pong["timestamp"] > "2020") == ("p1", "Z", True)
            hers.tell("ping")
            assert (await hers.hear("pong"))["replyTo"] is None

    talk(conversation())


def test_bytes_close_the_socket_with_1003(talk: Talk, alice: User) -> None:
    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            hers.put_bytes(b'{"type": "ping"}')
            assert (await hers.closed())[0] == 1003

    talk(conversation())


def test_a_frame_beyond_the_rate_is_dropped_and_a_hundred_in_a_row_close_the_socket(
    talk: Talk, alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(frame_rates, "PER_SECOND", 0.0)

    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            for number in range(20):
                hers.tell("ping", id=f"p-{number}")
                await hers.hear("pong")
            for number in range(100):
                hers.tell("chatMessage", id=f"c-{number}", text="Hello?")
            refused = [await hers.hear("error") for _ in range(100)]
            assert {one["code"] for one in refused} == {"rate-limit-exceeded"}
            assert [one["replyTo"] for one in refused] == [f"c-{number}" for number in range(100)]
            assert await hers.closed() == (1008, "rate-limit-exceeded")

    talk(conversation())
    assert count_stored_rows() == (0, 0)


def test_a_defect_of_ours_says_nothing_but_the_request_id(
    talk: Talk, alice: User, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(*_: object) -> None:
        raise ZeroDivisionError("a secret")

    monkeypatch.setattr(RoomSession, "leave_room", fail)

    async def conversation() -> None:
        async with ChatClient(alice) as hers:
            problem = await hers.fault("leaveRoom", roomId=ROOM)
            assert (problem["status"], problem["type"].rpartition("/")[2]) == (500, "internal-server-error")
            assert "secret" not in json.dumps(problem)
            assert len(problem["requestId"]) == 36
            assert await hers.settled() == []

    talk(conversation())
    assert "ZeroDivisionError" in caplog.text

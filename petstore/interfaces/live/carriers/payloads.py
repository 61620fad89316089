"""Payloads of carriers: a few signals as JSON, read as strictly as what a stranger has written."""

import os
import secrets
from collections.abc import Iterator, Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from chat.models import MAX_PERSON_NAME
from chat.rooms.participants import Person
from petstore.interfaces.live.rooms import RoomChanged, Signal, Typing

MAX_PAYLOAD: Final = 7_500
"""Bytes that we send: PostgreSQL takes 8 000 (its NOTIFY)."""
CHANNEL: Final = "petstore_rooms"
"""The name of the channel in Redis and in PostgreSQL."""
_ID_LENGTH: Final = 36
_program: Final = secrets.token_hex(8)
_TEXTS: Final = {"tenant", "room", "person", "name"}


def name_this_process() -> str:
    """Return a name that no other process has, on any machine; processes that were forked have names of their own."""
    return f"{_program}-{os.getpid()}"


def encode_signals(signals: Sequence[Signal]) -> Iterator[bytes]:
    """Write signals as payloads, in their order."""
    origin = name_this_process()
    written: list[dict[str, Any]] = []
    size = 0
    for signal in map(_write_signal, signals):
        more = len(orjson.dumps(signal)) + 1
        if written and size + more > MAX_PAYLOAD - 100:
            yield orjson.dumps({"from": origin, "signals": written})
            written, size = [], 0
        written.append(signal)
        size += more
    yield orjson.dumps({"from": origin, "signals": written})


def decode_signals(payload: bytes | str) -> list[Signal]:
    """Read the signals of another process; none of them where the payload is our own, or not as we write it."""
    if len(payload) > MAX_PAYLOAD:
        return []
    try:
        content = orjson.loads(payload)
        if content["from"] == name_this_process():
            return []
        return [_read_signal(**signal) for signal in content["signals"]]
    except (ValueError, TypeError, KeyError, AttributeError):
        return []


def _write_signal(signal: Signal) -> dict[str, Any]:
    if isinstance(signal, RoomChanged):
        return {"tenant": str(signal.tenant_id), "room": str(signal.room_id)}
    sender = signal.sender
    name = sender.name[:MAX_PERSON_NAME]
    return {"room": str(signal.room_id), "person": str(sender.id), "name": name, "typing": signal.is_typing}


def _read_signal(**members: Any) -> Signal:
    """Read one signal; raises ValueError, TypeError or KeyError where it is none."""
    for name in members.keys() & _TEXTS:
        if not isinstance(members[name], str):
            raise TypeError(name)
    if members.keys() == {"tenant", "room"}:
        return RoomChanged(_read_id(members["tenant"]), _read_id(members["room"]))
    if members.keys() != {"room", "person", "name", "typing"} or not isinstance(members["typing"], bool):
        raise ValueError(members)
    if len(members["name"]) > MAX_PERSON_NAME:
        raise ValueError(members)
    person = Person(_read_id(members["person"]), members["name"])
    return Typing(_read_id(members["room"]), person, members["typing"])


def _read_id(text: str) -> UUID:
    if len(text) != _ID_LENGTH:
        raise ValueError(text)
    return UUID(text)

"""Signals between processes (docs/decisions, 0047): they arrive, outages pass, and nothing foreign is taken."""

import asyncio
import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from multiprocessing.connection import Connection
from typing import Any
from uuid import uuid4

import orjson
import psycopg
import pytest
import redis
from django.db import connection

from chat.models import MAX_PERSON_NAME
from chat.rooms.participants import Person
from petstore.interfaces.live.carriers import outages, outbox
from petstore.interfaces.live.carriers.choice import choose_carrier
from petstore.interfaces.live.carriers.outbox import MAX_WAITING, Outbox
from petstore.interfaces.live.carriers.payloads import MAX_PAYLOAD, decode_signals, encode_signals
from petstore.interfaces.live.carriers.postgres_notifications import NotificationCarrier
from petstore.interfaces.live.carriers.redis_channel import RedisCarrier
from petstore.interfaces.live.carriers.sibling_datagrams import KIND, DatagramCarrier
from petstore.interfaces.live.rooms import Carrier, RoomChanged, Signal, Typing
from petstore.server.siblings import (
    KEPT_FOLDER,
    join_siblings,
    list_sibling_names,
    prepare_sibling_folder,
    remove_sibling_folder,
)

PATIENCE = 15.0
CHANGED = RoomChanged(uuid4(), uuid4())
TYPING = Typing(uuid4(), Person(uuid4(), "Åse"), is_typing=True)
_fork = multiprocessing.get_context("fork")


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outages, "SHORTEST_SECONDS", 0.05)
    monkeypatch.setattr(outbox, "IDLE_SECONDS", 0.05)


@pytest.fixture
def siblings(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv(KEPT_FOLDER, "")
    prepare_sibling_folder()
    join_siblings(1)
    yield
    remove_sibling_folder()


@pytest.fixture(params=["Redis", "PostgreSQL", "datagrams"])
def carrier(request: pytest.FixtureRequest) -> Carrier:
    """Each of them in turn."""
    if request.param == "Redis":
        return RedisCarrier(request.getfixturevalue("redis_url"))
    if request.param == "datagrams":
        request.getfixturevalue("siblings")
        return DatagramCarrier()
    request.getfixturevalue("transactional_db")
    if connection.vendor != "postgresql":
        pytest.skip("SQLite notifies nobody")
    return NotificationCarrier()


def _carry_again_and_again(carrier: Carrier, stop: Connection) -> None:
    """Another process, which sends the same signals until it is told to stop."""
    join_siblings(2)
    while not stop.poll(0.02):
        carrier.carry_signal(CHANGED)
        carrier.carry_signal(TYPING)


async def _hear_from_another_process(carrier: Carrier, disturb: Callable[[], None] | None = None) -> set[Signal]:
    """Listen until both signals have come, also after a disturbance."""
    heard: set[Signal] = set()
    ours, theirs = multiprocessing.Pipe()
    process = _fork.Process(target=_carry_again_and_again, args=(carrier, theirs), daemon=True)
    process.start()
    listening = asyncio.create_task(carrier.bring_signals(heard.add))
    try:
        await _wait_until(lambda: len(heard) == 2)
        if disturb is not None:
            await asyncio.to_thread(disturb)
            heard.clear()
            await _wait_until(lambda: len(heard) == 2)
    finally:
        listening.cancel()
        ours.send(None)
        await asyncio.to_thread(process.join)
    with suppress(asyncio.CancelledError):
        await listening
    return heard


async def _wait_until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not is_so():
            await asyncio.sleep(0.01)


def test_what_one_process_sends_another_hears(carrier: Carrier) -> None:
    assert asyncio.run(_hear_from_another_process(carrier)) == {CHANGED, TYPING}


def test_a_process_hears_nothing_of_its_own(carrier: Carrier) -> None:
    own = RoomChanged(uuid4(), uuid4())
    assert own not in asyncio.run(_hear_from_another_process(carrier, lambda: carrier.carry_signal(own)))


@pytest.mark.django_db(transaction=True)
def test_both_ends_connect_again_when_postgresql_has_ended_their_connections() -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite notifies nobody")

    def end_all_others() -> None:
        parameters = connection.get_connection_params()
        parameters = {name: parameters[name] for name in ("dbname", "user", "host", "port") if name in parameters}
        with psycopg.connect(**parameters) as made:
            made.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND (query LIKE 'LISTEN%' OR query LIKE '%pg_notify(%')"
                " AND pid <> pg_backend_pid()"
            )

    heard = asyncio.run(_hear_from_another_process(NotificationCarrier(), end_all_others))
    assert heard == {CHANGED, TYPING}


def test_both_ends_connect_again_when_redis_has_ended_their_connections(redis_url: str) -> None:
    name = f"test-{os.getpid()}"

    def end_those_of_ours() -> None:
        with redis.Redis.from_url(redis_url) as client:
            for one in client.client_list():
                if one["name"] == name:
                    client.client_kill(one["addr"])

    carrier = RedisCarrier(f"{redis_url}{'&' if '?' in redis_url else '?'}client_name={name}")
    assert asyncio.run(_hear_from_another_process(carrier, end_those_of_ours)) == {CHANGED, TYPING}


def test_a_process_that_ends_leaves_no_socket(siblings: None) -> None:
    async def listen_for_a_moment() -> list[str]:
        listening = asyncio.create_task(DatagramCarrier().bring_signals(lambda _: None))
        await asyncio.sleep(0.05)
        join_siblings(2)
        found = list_sibling_names(KIND)
        listening.cancel()
        await asyncio.wait([listening])
        return found

    found = asyncio.run(listen_for_a_moment())
    assert [name.partition("-")[0] for name in found] == ["1"]
    assert list_sibling_names(KIND) == []


def test_outside_of_serve_nothing_is_sent_and_nothing_waits() -> None:
    carrier = DatagramCarrier()
    carrier.carry_signal(CHANGED)
    asyncio.run(carrier.bring_signals(lambda _: None))


def _are_more_than(items: Sequence[object], number: int) -> bool:
    return len(items) > number


def _have_ended(threads: Sequence[threading.Thread], number: int) -> bool:
    return len(threads) == number and not threads[-1].is_alive()


def test_whoever_announces_is_not_held_up_while_the_other_side_is_away(caplog: pytest.LogCaptureFixture) -> None:
    tried: list[Sequence[Signal]] = []

    def fail(signals: Sequence[Signal]) -> None:
        tried.append(signals)
        raise ConnectionError("away")

    away = Outbox(fail)
    for times in range(1, 4):
        for _ in range(2 * MAX_WAITING):
            away.put_signal(RoomChanged(uuid4(), uuid4()))
        asyncio.run(_wait_until(partial(_are_more_than, tried, times)))
    assert max(map(len, tried)) <= MAX_WAITING
    assert [record.message for record in caplog.records] == [
        "Signals of rooms cannot be sent; rooms are looked at once a second meanwhile"
    ]


def test_a_room_that_waits_already_is_sent_once_and_who_stops_typing_has_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox, "GATHER_SECONDS", 0.3)
    sent: list[Signal] = []
    box = Outbox(sent.extend)
    stopped = TYPING._replace(is_typing=False)
    box.put_signal(CHANGED)
    asyncio.run(_wait_until(lambda: sent == [CHANGED]))
    for signal in (CHANGED, TYPING, stopped, CHANGED, TYPING, stopped):
        box.put_signal(signal)
    asyncio.run(_wait_until(lambda: len(sent) > 1))
    assert sent[1:] == [CHANGED, TYPING, stopped]


def test_the_thread_ends_when_nothing_is_sent_and_begins_anew() -> None:
    sent: list[Signal] = []
    threads: list[threading.Thread] = []
    box = Outbox(sent.extend, lambda: threads.append(threading.current_thread()))
    for number in (1, 2):
        box.put_signal(CHANGED)
        asyncio.run(_wait_until(partial(_have_ended, threads, number)))
    assert sent == [CHANGED, CHANGED]


def test_payloads_are_never_longer_than_postgresql_takes_and_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    typing = [Typing(uuid4(), Person(uuid4(), "👩‍🚀\\\n" * 30), is_typing=False) for _ in range(100)]
    signals: list[Signal] = [*typing, *(RoomChanged(uuid4(), uuid4()) for _ in range(900))]
    payloads = list(encode_signals(signals))
    assert max(map(len, payloads)) <= MAX_PAYLOAD < 8000
    monkeypatch.setattr("petstore.interfaces.live.carriers.payloads.name_this_process", lambda: "another")
    assert [signal for payload in payloads for signal in decode_signals(payload)] == signals


def _good_payload(**members: Any) -> bytes:
    typing = {"room": str(uuid4()), "person": str(uuid4()), "name": "Ann", "typing": True}
    return orjson.dumps({"from": "another", "signals": [typing | members]})


def test_the_payload_that_the_next_test_spoils_is_good() -> None:
    assert len(decode_signals(_good_payload())) == 1


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b"7",
        b"[" * 5000,
        b'{"from": "another"}',
        b'{"from": "another", "signals": null}',
        b'{"from": "another", "signals": [null]}',
        b'{"from": "another", "signals": [[]]}',
        b'{"from": "another", "signals": {"tenant": 1}}',
        b'{"from": "another", "signals": [{}]}',
        b'{"from": "another", "signals": [{"tenant": "x", "room": "y"}]}',
        b'{"from": "another", "signals": [{"self": 1, "": 2}]}',
        _good_payload(name=None),
        _good_payload(name="x" * (MAX_PERSON_NAME + 1)),
        _good_payload(typing="yes"),
        _good_payload(typing=1),
        _good_payload(room=7),
        _good_payload(person="{" + str(uuid4()) + "}"),
        _good_payload(more=1),
        _good_payload() + b" " * MAX_PAYLOAD,
    ],
)
def test_what_somebody_else_has_written_is_ignored(payload: bytes) -> None:
    assert decode_signals(payload) == []


def test_the_settings_say_what_carries(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    entry = {"ENGINE": "database.postgresql", "OPTIONS": {"prepare_threshold": 3}}
    for url, database in (
        ("redis://127.0.0.1:6379/0", entry),
        ("", entry),
        ("", entry | {"OPTIONS": {"prepare_threshold": None}}),  # a pooler may be in between
        ("", {"ENGINE": "django.db.backends.sqlite3", "OPTIONS": {}}),
    ):
        settings.REDIS_URL = url
        monkeypatch.setitem(settings.DATABASES, "default", database)
        found.append(type(choose_carrier()))
    assert found == [RedisCarrier, NotificationCarrier, DatagramCarrier, DatagramCarrier]

"""The feed of rooms: each change reaches each listener once and in order (contract, Rooms)."""

import asyncio
import threading
from collections.abc import Iterator
from functools import partial

import pytest
from django.db import Error, connection

from accounts.models import User
from chat.models import Room
from chat.rooms.participants import Person
from chat.rooms.queries import find_changed_rooms, read_room_changes
from chat.services.rooms import close_support_room
from petstore.interfaces.live import rooms
from petstore.interfaces.live.poller import run_in_reader
from petstore.interfaces.live.rooms import AgentAssigned, MessageSent, RoomClosed, RoomFeed, RoomNews, Typing
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.chat.rooms.conftest import Say, say
from tests.factories import acting
from tests.live.hearing import Listener, announced_to, change, run_with_reader

__all__ = ["say"]

pytestmark = pytest.mark.django_db(transaction=True)
NEVER = 3600.0


@pytest.fixture(autouse=True)
def _hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rooms, "LOOK_SECONDS", 0.05)


@pytest.fixture
def feed() -> Iterator[RoomFeed]:
    """A feed of the test's own, which hears of changes."""
    made = RoomFeed()
    with announced_to(made):
        yield made


@pytest.fixture
def room(alice: User, say: Say) -> Room:
    """Alice's room, with one message."""
    say(alice, "Hello")
    return Room.objects.get()


def test_a_room_is_told_from_its_first_message_to_its_end(
    feed: RoomFeed, room: Room, alice: User, sam: User, say: Say
) -> None:
    async def hear() -> Listener:
        listener = Listener()
        feed.hear_room(listener, room.tenant_id, room.id, 1)
        await change(lambda: say(sam, "Good morning", room_id=room.id))
        await change(lambda: say(alice, "Is Luna there?", room_id=room.id))
        await change(lambda: close_support_room(room_id=room.id, actor=acting(sam)))
        await listener.hear_until(lambda: isinstance(listener.news[-1:][0] if listener.news else None, RoomClosed))
        return listener

    listener = run_with_reader(hear())
    assert [type(one) for one in listener.news] == [AgentAssigned, MessageSent, MessageSent, RoomClosed]
    assert listener.numbers == [3, 4]


def test_whoever_joins_while_many_write_hears_each_message_once_and_in_order(
    feed: RoomFeed, room: Room, alice: User, sam: User, say: Say
) -> None:
    async def write(user: User, number: int) -> None:
        for text in range(number):
            await change(partial(say, user, f"{text}", room_id=room.id))

    async def hear() -> list[tuple[int, Listener]]:
        writing = [asyncio.create_task(write(user, 8)) for user in (alice, sam, alice)]
        joined: list[tuple[int, Listener]] = []
        while not all(task.done() for task in writing):
            number = await change(lambda: Room.objects.get().number)
            joined.append((max(1, number - 3), Listener()))
            feed.hear_room(joined[-1][1], room.tenant_id, room.id, joined[-1][0])
            await asyncio.sleep(0.01)
        last = await change(lambda: Room.objects.get().number)
        for _, listener in joined:
            await listener.hear_until(partial(listener.has_heard, last))
        return joined

    joined = run_with_reader(hear())
    stored = list(room.messages.order_by("number").values_list("number", flat=True))
    assert len(stored) == 25
    for above, listener in joined:
        assert listener.numbers == [number for number in stored if number > above]


def test_whoever_joins_with_less_while_changes_are_read_misses_nothing(
    feed: RoomFeed, room: Room, alice: User, say: Say
) -> None:
    for text in "abc":
        say(alice, text, room_id=room.id)
    is_free = threading.Event()

    async def hear() -> tuple[Listener, Listener]:
        early, late = Listener(), Listener()
        feed.hear_room(early, room.tenant_id, room.id, 4)
        stuck = asyncio.ensure_future(run_in_reader(lambda: is_free.wait(30)))
        await change(lambda: say(alice, "d", room_id=room.id))
        await asyncio.sleep(0.1)  # the feed waits for the reader, with the number that it has
        feed.hear_room(late, room.tenant_id, room.id, 2)
        is_free.set()
        await stuck
        await late.hear_until(lambda: late.has_heard(5))
        return early, late

    early, late = run_with_reader(hear())
    assert early.numbers == [5]
    assert late.numbers == [3, 4, 5]


def test_a_lost_announcement_loses_nothing(room: Room, alice: User, say: Say) -> None:
    feed = RoomFeed()  # nobody tells it of changes

    async def hear() -> Listener:
        listener = Listener()
        feed.hear_room(listener, room.tenant_id, room.id, 1)
        await change(lambda: say(alice, "Anybody there?", room_id=room.id))
        await listener.hear_until(lambda: listener.news)
        return listener

    assert run_with_reader(hear()).numbers == [2]


def test_control_without_looks_a_lost_announcement_is_told_with_the_next_one_only(
    room: Room, alice: User, bob: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "LOOK_SECONDS", NEVER)
    feed = RoomFeed()
    other = say(bob, "Hello").room_id

    async def hear() -> tuple[list[int], list[int]]:
        listener, beside = Listener(), Listener()
        feed.hear_room(listener, room.tenant_id, room.id, 1)
        feed.hear_room(beside, room.tenant_id, other, 0)
        await beside.hear_until(lambda: beside.news)  # the first look is over
        await change(lambda: say(alice, "Anybody there?", room_id=room.id))
        await change(lambda: say(bob, "And here?", room_id=other))
        feed.announce_change(room.tenant_id, other)
        await beside.hear_until(lambda: beside.has_heard(2))
        unheard = listener.numbers[:]
        feed.announce_change(room.tenant_id, room.id)
        await listener.hear_until(lambda: listener.news)
        return unheard, listener.numbers

    assert run_with_reader(hear()) == ([], [2])


class _Leaving(Listener):
    """A listener who leaves with the first news, and takes another along."""

    def __init__(self, feed: RoomFeed, other: Listener, room: Room) -> None:
        super().__init__()
        self._leave = partial(feed.leave_room, room_id=room.id)
        self._other = other

    def take_room_news(self, news: RoomNews) -> None:
        super().take_room_news(news)
        self._leave(self)
        self._leave(self._other)


def test_who_leaves_with_the_news_hears_no_more_and_is_forgotten(
    feed: RoomFeed, room: Room, alice: User, say: Say
) -> None:
    for text in "abc":
        say(alice, text, room_id=room.id)

    async def hear() -> tuple[Listener, Listener]:
        other = Listener()
        leaving = _Leaving(feed, other, room)
        feed.hear_room(leaving, room.tenant_id, room.id, 1)
        feed.hear_room(other, room.tenant_id, room.id, 1)
        await leaving.hear_until(lambda: not len(feed))
        await run_in_reader(lambda: None)
        return leaving, other

    leaving, other = run_with_reader(hear())
    assert (leaving.numbers, other.news, len(feed)) == ([2], [], 0)


class _Faulty(Listener):
    def take_room_news(self, news: RoomNews) -> None:
        raise ZeroDivisionError


def test_a_listener_that_fails_silences_no_other(feed: RoomFeed, room: Room, alice: User, say: Say) -> None:
    async def hear() -> Listener:
        listener = Listener()
        for one in (_Faulty(), listener, _Faulty()):
            feed.hear_room(one, room.tenant_id, room.id, 1)
        for text in "abc":
            await change(partial(say, alice, text, room_id=room.id))
        await listener.hear_until(lambda: listener.has_heard(4))
        return listener

    assert run_with_reader(hear()).numbers == [2, 3, 4]


def test_after_an_outage_of_the_database_everything_is_told(
    feed: RoomFeed, room: Room, alice: User, say: Say, caplog: pytest.LogCaptureFixture
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no server that could go away")

    def end_connection() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(pg_backend_pid())")

    async def hear() -> Listener:
        listener = Listener()
        feed.hear_room(listener, room.tenant_id, room.id, 1)
        with pytest.raises(Error):
            await run_in_reader(end_connection)
        await change(lambda: say(alice, "Anybody there?", room_id=room.id))
        await listener.hear_until(lambda: listener.news)
        return listener

    assert run_with_reader(hear()).numbers == [2]


def test_the_feed_works_in_the_next_loop_when_one_was_left_behind(
    feed: RoomFeed, room: Room, alice: User, say: Say
) -> None:
    async def hear(text: str, number: int) -> list[int]:
        listener = Listener()
        feed.hear_room(listener, room.tenant_id, room.id, number)
        await change(lambda: say(alice, text, room_id=room.id))
        await listener.hear_until(lambda: listener.news)
        feed.leave_room(listener, room.id)
        return listener.numbers

    left = asyncio.new_event_loop()
    assert left.run_until_complete(hear("Hello?", 1)) == [2]
    assert run_with_reader(hear("Hello??", 2)) == [3]
    for task in asyncio.all_tasks(left):
        task.cancel()
    left.run_until_complete(asyncio.sleep(0))
    left.run_until_complete(left.shutdown_default_executor())
    left.close()


def test_rooms_of_several_tenants_are_told_together(
    feed: RoomFeed, room: Room, globex: Tenant, alice: User, charlie: User, say: Say
) -> None:
    with tenant_scope(globex.id):
        foreign_id = say(charlie, "Hello").room_id

    def write_to_globex() -> None:
        with tenant_scope(globex.id):
            say(charlie, "Anybody?", room_id=foreign_id)

    async def hear() -> tuple[list[int], list[int]]:
        ours, theirs = Listener(), Listener()
        feed.hear_room(ours, room.tenant_id, room.id, 1)
        feed.hear_room(theirs, globex.id, foreign_id, 1)
        await change(write_to_globex)
        await change(lambda: say(alice, "Anybody?", room_id=room.id))
        await theirs.hear_until(lambda: theirs.news)
        await ours.hear_until(lambda: ours.news)
        return ours.numbers, theirs.numbers

    assert run_with_reader(hear()) == ([2], [2])


def test_typing_is_told_to_all_but_to_who_types(feed: RoomFeed, room: Room, alice: User) -> None:
    typing = Typing(room.id, Person(alice.id, "Alice"), is_typing=True)

    async def hear() -> tuple[list[RoomNews], list[RoomNews]]:
        origin, other = Listener(), Listener()
        for listener in (origin, other):
            feed.hear_room(listener, room.tenant_id, room.id, 1)
        feed.relay_typing(typing, origin)
        for listener in (origin, other):
            feed.leave_room(listener, room.id)
        return origin.news, other.news

    assert run_with_reader(hear()) == ([], [typing])


def test_rooms_that_have_grown_differently_are_read_together_and_none_twice(
    room: Room, alice: User, bob: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("chat.rooms.queries.READ_WHOLE", 1)
    monkeypatch.setattr("chat.rooms.queries.NEAR_NUMBERS", 2)
    of_bob = {say(bob, text).room_id for text in "abcdefgh"}.pop()
    say(alice, "Hello?", room_id=room.id)
    known = [(room.id, 0), (of_bob, 6)]

    changed = find_changed_rooms(known)
    read = {changes.room.id: changes for changes in read_room_changes(changed, known)}
    assert [message.number for message in read[room.id].messages] == [1, 2]
    assert [message.number for message in read[of_bob].messages] == [7, 8]
    assert (read[of_bob].above, read[room.id].above) == (6, 0)
    assert find_changed_rooms([(room.id, 2), (of_bob, 8)]) == []

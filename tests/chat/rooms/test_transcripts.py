"""What is read of a room, page by page, and how far somebody has read (contract, Rooms)."""

from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import Room, RoomMessage, RoomReading
from chat.rooms import queries
from chat.rooms.errors import RoomMessageNotFound, RoomNotFound
from chat.rooms.queries import PAGE, Transcript, find_changed_rooms, read_room_changes
from chat.services.rooms import close_support_room, join_support_room
from events.models import AuditEvent
from kernel.errors import Forbidden
from tests.chat.rooms.conftest import Say, read_as
from tests.factories import acting


def list_texts(transcript: Transcript) -> list[str]:
    return [message.text for message in transcript.messages]


@pytest.fixture
def long_room(room: Room, alice: User, say: Say) -> Room:
    """With more than two pages of messages, "Hello" first."""
    for number in range(1, 2 * PAGE + 5):
        say(alice, f"No. {number}", room_id=room.id)
    return room


def test_who_joins_gets_the_newest_messages_oldest_first(long_room: Room, alice: User) -> None:
    joined = join_support_room(actor=acting(alice)).transcript
    assert list_texts(joined) == [f"No. {number}" for number in range(PAGE + 5, 2 * PAGE + 5)]
    assert (joined.has_more, joined.number) == (False, 2 * PAGE + 5)


def test_who_knows_a_message_gets_what_follows_it_page_by_page(long_room: Room, sam: User) -> None:
    known, read = RoomMessage.objects.all()[0], ["Hello"]
    pages: list[Transcript] = []
    while not pages or pages[-1].has_more:
        page = join_support_room(room_id=long_room.id, after_message_id=known.id, actor=acting(sam)).transcript
        pages.append(page)
        read += list_texts(page)
        known = page.messages[-1]
    assert [len(page.messages) for page in pages] == [PAGE, PAGE, 4]
    assert read == [message.text for message in RoomMessage.objects.all()]
    assert [page.number for page in pages] == [PAGE + 1, 2 * PAGE + 1, Room.objects.get().number]


def test_who_knows_the_newest_message_gets_none(room: Room, alice: User) -> None:
    newest = RoomMessage.objects.get()
    assert join_support_room(after_message_id=newest.id, actor=acting(alice)).transcript == ([], False, 1)


def test_a_page_that_is_just_full_is_the_last_one(room: Room, alice: User, say: Say) -> None:
    first = RoomMessage.objects.get()
    for number in range(PAGE):
        say(alice, f"No. {number}")
    page = join_support_room(after_message_id=first.id, actor=acting(alice)).transcript
    assert (len(page.messages), page.has_more) == (PAGE, False)


def test_a_closed_room_can_still_be_read(room: Room, alice: User, sam: User) -> None:
    close_support_room(room_id=room.id, actor=acting(sam))
    joined = join_support_room(room_id=room.id, actor=acting(alice))
    assert (joined.room.status, list_texts(joined.transcript)) == ("CLOSED", ["Hello"])


def test_a_message_of_another_room_is_none_of_this_one(room: Room, alice: User, bob: User, say: Say) -> None:
    other = say(bob, "Good morning")
    for message_id in (other.id, uuid4()):
        with pytest.raises(RoomMessageNotFound) as refused:
            join_support_room(room_id=room.id, after_message_id=message_id, actor=acting(alice))
        assert refused.value.detail == "There is no such message in this room"


def test_who_names_a_message_that_is_none_opens_no_room(alice: User, in_acme: object) -> None:
    with pytest.raises(RoomMessageNotFound):
        join_support_room(after_message_id=uuid4(), actor=acting(alice))
    assert not Room.objects.exists()


def test_an_agent_who_names_a_message_that_is_none_does_not_get_the_room(room: Room, sam: User) -> None:
    with pytest.raises(RoomMessageNotFound):
        join_support_room(room_id=room.id, after_message_id=uuid4(), actor=acting(sam))
    room.refresh_from_db()
    assert (room.agent_id, room.number) == (None, 1)
    assert not AuditEvent.objects.filter(entity_id=room.id).exists()


def test_a_mark_goes_forwards_only_and_is_a_change_of_the_room(room: Room, alice: User, sam: User, say: Say) -> None:
    first, second = RoomMessage.objects.get(), say(alice, "Anybody there?")
    assert [read_as(sam, first), read_as(sam, second), read_as(sam, second), read_as(sam, first)] == [
        True,
        True,
        False,
        False,
    ]
    reading = RoomReading.objects.get()
    assert (reading.reader_id, reading.reader_name) == (sam.id, "Sam")
    assert (reading.message_id, reading.message_number, reading.number) == (second.id, 2, 4)
    room.refresh_from_db()
    assert (room.number, room.waiting_since) == (4, first.sent_at)


def test_each_reader_has_a_mark_of_their_own_also_in_a_closed_room(room: Room, alice: User, sam: User) -> None:
    message = RoomMessage.objects.get()
    close_support_room(room_id=room.id, actor=acting(sam))
    assert (read_as(sam, message), read_as(alice, message)) == (True, True)
    assert set(RoomReading.objects.values_list("reader_id", flat=True)) == {alice.id, sam.id}


def test_who_may_not_see_the_room_or_only_look_leaves_no_mark(room: Room, bob: User, vera: User, say: Say) -> None:
    message, elsewhere = RoomMessage.objects.get(), say(bob, "Good morning")
    with pytest.raises(RoomNotFound):
        read_as(bob, message)
    with pytest.raises(Forbidden):
        read_as(vera, message)
    elsewhere.room_id = room.id
    with pytest.raises(RoomMessageNotFound):
        read_as(room.customer, elsewhere)
    assert not RoomReading.objects.exists()
    room.refresh_from_db()
    assert room.number == 1


def test_what_has_changed_above_a_number_is_read_with_the_numbers_of_the_changes(
    room: Room, alice: User, sam: User, say: Say
) -> None:
    hello = RoomMessage.objects.get()
    say(sam, "Good morning", room_id=room.id)
    read_as(alice, hello)
    close_support_room(room_id=room.id, actor=acting(sam))

    changed = find_changed_rooms([(room.id, 1)])
    (changes,) = read_room_changes(changed, [(room.id, 1)])
    assert [(message.number, message.text) for message in changes.messages] == [(3, "Good morning")]
    assert [(reading.number, reading.message_id) for reading in changes.readings] == [(4, hello.id)]
    assert (changes.room.agent_number, changes.room.closed_number, changes.room.number) == (2, 5, 5)
    assert find_changed_rooms([(room.id, 5)]) == []
    assert read_room_changes([], []) == []


def test_what_was_known_of_one_room_says_nothing_of_another(
    room: Room, long_room: Room, bob: User, say: Say, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "READ_AT_ONCE", 2)
    others = [say(bob, "Good morning", room_id=uuid4()).room_id for _ in range(4)]
    known = [(long_room.id, 2 * PAGE), *[(room_id, 0) for room_id in others]]
    changes = {one.room.id: one for one in read_room_changes(find_changed_rooms(known), known)}
    assert {room_id: [message.number for message in one.messages] for room_id, one in changes.items()} == {
        long_room.id: list(range(2 * PAGE + 1, 2 * PAGE + 6)),
        **{room_id: [1] for room_id in others},
    }

"""Messages in support rooms (contract, Rooms)."""

from uuid import UUID, uuid1, uuid4

import pytest

from accounts.models import User
from chat.models import Room, RoomMessage
from chat.rooms.errors import RoomClosed, RoomNotFound, TooManyOpenRooms
from chat.services.customer_rooms import MAX_OPEN_ROOMS
from chat.services.rooms import assign_room_to_actor, close_support_room, join_support_room
from events.models import Action, AuditEvent
from kernel.errors import Forbidden, Invalid
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.chat.rooms.conftest import Say
from tests.factories import StaffFactory, acting


def test_a_customers_first_message_opens_a_room_that_waits(alice: User, say: Say) -> None:
    message = say(alice, "Is Luna still there?")

    room = Room.objects.get()
    assert (room.customer_id, room.status, room.number) == (alice.id, "OPEN", 1)
    assert room.waiting_since == room.last_message_at == message.sent_at
    stored = RoomMessage.objects.get()
    assert (stored.room_id, stored.number, stored.text, stored.role) == (room.id, 1, "Is Luna still there?", "CUSTOMER")
    assert (stored.sender_id, stored.sender_name) == (alice.id, "Alice")


def test_the_second_message_goes_into_the_same_room_and_the_wait_began_with_the_first(alice: User, say: Say) -> None:
    first = say(alice, "Hello")
    say(alice, "Anybody there?")

    room = Room.objects.get()
    assert (room.number, room.waiting_since) == (2, first.sent_at)


def test_the_same_id_again_stores_nothing_and_gives_the_first_message(alice: User, say: Say) -> None:
    first = say(alice, "Hello", client_id="c-1")
    again = say(alice, "Hello", client_id="c-1", room_id=first.room_id)

    assert again.id == first.id
    assert RoomMessage.objects.count() == 1
    assert Room.objects.get().number == 1


def test_the_same_id_is_answered_even_when_the_room_is_closed(alice: User, sam: User, say: Say) -> None:
    first = say(alice, "Hello", client_id="c-1")
    close_support_room(room_id=first.room_id, actor=acting(sam))

    assert say(alice, "Hello", client_id="c-1", room_id=first.room_id).id == first.id
    with pytest.raises(RoomClosed):
        say(alice, "Hello?", client_id="c-2", room_id=first.room_id)
    assert RoomMessage.objects.count() == 1


def test_an_id_that_nobody_has_opens_the_customers_room_of_that_id(alice: User, say: Say) -> None:
    wanted = uuid4()
    assert say(alice, "Hello", room_id=wanted).room_id == wanted
    with pytest.raises(RoomNotFound):
        say(alice, "Hello", room_id=uuid1())
    assert [room.id for room in Room.objects.all()] == [wanted]


def test_a_foreign_room_is_not_found_and_nothing_is_stored(
    acme: Tenant, globex: Tenant, alice: User, bob: User, charlie: User, say: Say
) -> None:
    room_id = say(alice, "Hello").room_id
    with pytest.raises(RoomNotFound) as of_bob:
        say(bob, "Let me in", room_id=room_id)
    with tenant_scope(globex.id), pytest.raises(RoomNotFound) as of_charlie:
        say(charlie, "Let me in", room_id=room_id)
    with pytest.raises(RoomNotFound) as of_nobody:
        join_support_room(room_id=uuid4(), actor=acting(bob))

    assert of_bob.value.detail == of_charlie.value.detail == of_nobody.value.detail
    assert (Room.objects.count(), RoomMessage.objects.count()) == (1, 1)
    with tenant_scope(globex.id):
        assert (Room.objects.count(), RoomMessage.objects.count()) == (0, 0)


def test_the_first_agent_who_writes_has_the_room_and_nobody_waits_any_more(
    alice: User, sam: User, acme: Tenant, say: Say
) -> None:
    kim = StaffFactory.create(tenant=acme, username="kim")
    room_id = say(alice, "Hello").room_id
    say(sam, "Good morning", room_id=room_id)
    say(kim, "Me too", room_id=room_id)

    room = Room.objects.get()
    assert (room.agent_id, room.agent_name, room.waiting_since, room.number) == (sam.id, "Sam", None, 4)
    assert [message.number for message in RoomMessage.objects.all()] == [1, 3, 4]
    event = AuditEvent.objects.get(action=Action.ROOM_ASSIGNED)
    assert (event.entity_id, event.actor_id) == (room_id, sam.id)
    assert event.details == {"changes": {"agentId": [None, str(sam.id)]}}


def test_an_agent_has_to_name_a_room_and_opens_none(sam: User, say: Say) -> None:
    with pytest.raises(Invalid) as nameless:
        say(sam, "Hello")
    assert [(fault.field, fault.code) for fault in nameless.value.faults] == [("room_id", "required")]
    with pytest.raises(RoomNotFound):
        say(sam, "Hello", room_id=uuid4())
    assert not Room.objects.exists()


def test_who_may_only_look_neither_writes_nor_gets_the_room_nor_closes_it(alice: User, acme: Tenant, say: Say) -> None:
    vera = StaffFactory.create(tenant=acme, username="vera", group="Viewer")
    room_id = say(alice, "Hello").room_id

    joined = join_support_room(room_id=room_id, actor=acting(vera))
    assert [message.text for message in joined.transcript.messages] == ["Hello"]
    for attempt in (
        lambda: say(vera, "Hi", room_id=room_id),
        lambda: assign_room_to_actor(room_id=room_id, actor=acting(vera)),
        lambda: close_support_room(room_id=room_id, actor=acting(vera)),
    ):
        with pytest.raises(Forbidden):
            attempt()
    room = Room.objects.get()
    assert (room.number, room.agent_id, room.status) == (1, None, "OPEN")


def test_a_customer_has_at_most_so_many_open_rooms(alice: User, sam: User, say: Say) -> None:
    rooms: list[UUID] = [say(alice, "Hello", room_id=uuid4()).room_id for _ in range(MAX_OPEN_ROOMS)]
    with pytest.raises(TooManyOpenRooms):
        say(alice, "One more", room_id=uuid4())
    assert Room.objects.count() == MAX_OPEN_ROOMS

    close_support_room(room_id=rooms[0], actor=acting(sam))
    say(alice, "One more", room_id=uuid4())


@pytest.mark.parametrize("text", ["", "  \n ", "x" * 4001, "bell\a", "a\x00b", "\ud800"])
def test_a_text_that_is_none_is_refused_and_opens_nothing(alice: User, say: Say, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        say(alice, text)
    assert refused.value.faults[0].field == "text"
    assert not Room.objects.exists()

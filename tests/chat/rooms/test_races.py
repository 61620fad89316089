"""Support rooms under simultaneous calls, each promise with its negative control (contract, Rooms)."""

from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import TypeVar
from uuid import UUID, uuid4

import pytest
from django.db import transaction

from accounts.models import User
from chat.models import Room, RoomMessage, RoomReading
from chat.rooms.errors import RoomClosed, RoomNotFound, TooManyOpenRooms
from chat.rooms.participants import Person
from chat.rooms.queries import count_open_rooms, find_newest_open_room
from chat.services.customer_rooms import MAX_OPEN_ROOMS, open_customer_room
from chat.services.rooms import close_support_room, give_room_to, join_support_room, lock_room
from events.models import Action, AuditEvent
from kernel import clock
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.chat.rooms.conftest import read_as, send_as
from tests.concurrency import PATIENCE, Outcome, run_together
from tests.factories import StaffFactory, acting

pytestmark = pytest.mark.django_db(transaction=True)
MANY = 6


T = TypeVar("T")


def run_in(tenant: Tenant, *calls: Callable[[], T]) -> Outcome[T]:
    """Run calls at once, each in the scope of the tenant."""

    def in_scope(call: Callable[[], T]) -> Callable[[], T]:
        def run() -> T:
            with tenant_scope(tenant.id):
                return call()

        return run

    return run_together([in_scope(call) for call in calls])


def test_a_message_that_comes_at_once_on_many_connections_is_stored_once(acme: Tenant, alice: User) -> None:
    sent = run_in(acme, *[lambda: send_as(alice, "Hello", client_id="c-1")] * MANY)
    assert sent.errors == []
    with tenant_scope(acme.id):
        (message,) = RoomMessage.objects.all()
        assert Room.objects.get().number == message.number == 1
    assert {one.message.id for one in sent.results} == {message.id}
    assert sorted(one.is_new for one in sent.results) == [False] * (MANY - 1) + [True]


def test_a_message_without_an_id_that_stays_is_stored_each_time(acme: Tenant, alice: User) -> None:
    assert run_in(acme, *[lambda: send_as(alice, "Hello")] * MANY).errors == []
    with tenant_scope(acme.id):
        assert [message.number for message in RoomMessage.objects.all()] == list(range(1, MANY + 1))


def test_the_first_message_of_an_agent_at_once_on_many_connections_is_stored_once(
    acme: Tenant, sam: User, room: Room
) -> None:
    sent = run_in(acme, *[lambda: send_as(sam, "Hi", client_id="a-1", room_id=room.id)] * MANY)
    assert sent.errors == []
    with tenant_scope(acme.id):
        assert [message.text for message in RoomMessage.objects.all()] == ["Hello", "Hi"]
        assert AuditEvent.objects.filter(action=Action.ROOM_ASSIGNED).count() == 1


def test_a_message_to_a_closed_room_is_answered_if_it_is_there_and_refused_if_not(
    acme: Tenant, alice: User, sam: User
) -> None:
    with tenant_scope(acme.id):
        first = send_as(alice, "Hello", client_id="c-1").message
        close_support_room(room_id=first.room_id, actor=acting(sam))
    again = [lambda: send_as(alice, "Hello", client_id="c-1", room_id=first.room_id)] * 3
    new = [lambda: send_as(alice, "Hello?", client_id="c-2", room_id=first.room_id)] * 3
    sent = run_in(acme, *again, *new)
    assert [one.message.id for one in sent.results] == [first.id] * 3
    assert [type(error) for error in sent.errors] == [RoomClosed] * 3
    with tenant_scope(acme.id):
        assert RoomMessage.objects.count() == 1


def test_nothing_is_written_in_a_room_after_its_end(acme: Tenant, alice: User, sam: User, room: Room) -> None:
    writers = [lambda: send_as(alice, "More", room_id=room.id)] * MANY
    done = run_in(acme, *writers[:3], lambda: close_support_room(room_id=room.id, actor=acting(sam)), *writers[3:])
    assert {type(error) for error in done.errors} <= {RoomClosed}
    with tenant_scope(acme.id):
        room.refresh_from_db()
        numbers = [message.number for message in RoomMessage.objects.all()]
    assert numbers == list(range(1, room.closed_number))
    assert len(numbers) + len(done.errors) == MANY + 1
    assert (room.number, room.waiting_since) == (room.closed_number, None)


def test_a_customer_who_names_no_room_writes_on_in_another_one_while_theirs_is_closed(
    acme: Tenant, alice: User, sam: User, room: Room
) -> None:
    writers = [lambda: send_as(alice, "More")] * MANY
    done = run_in(acme, *writers[:3], lambda: close_support_room(room_id=room.id, actor=acting(sam)), *writers[3:])
    assert done.errors == []
    with tenant_scope(acme.id):
        assert RoomMessage.objects.count() == MANY + 1
        assert Room.objects.filter(status="OPEN").count() <= 1


def test_a_customer_who_joins_at_once_on_many_connections_gets_one_room(acme: Tenant, alice: User) -> None:
    joined = run_in(acme, *[lambda: join_support_room(actor=acting(alice))] * MANY)
    assert joined.errors == []
    with tenant_scope(acme.id):
        assert {one.room.id for one in joined.results} == {Room.objects.get().id}


def test_a_customer_who_looks_before_they_open_gets_several_rooms(acme: Tenant, alice: User) -> None:
    everybody_has_looked = Barrier(MANY)

    def join() -> None:
        found = find_newest_open_room(alice.id)
        everybody_has_looked.wait(PATIENCE)
        if found is None:
            Room(customer=alice).save()

    assert run_in(acme, *[join] * MANY).errors == []
    with tenant_scope(acme.id):
        assert Room.objects.count() == MANY


def test_a_customer_has_at_most_so_many_open_rooms_whoever_is_faster(acme: Tenant, alice: User) -> None:
    with tenant_scope(acme.id):
        for _ in range(MAX_OPEN_ROOMS - 2):
            open_customer_room(room_id=uuid4(), actor=acting(alice))
    opened = run_in(acme, *[lambda: open_customer_room(room_id=uuid4(), actor=acting(alice))] * MANY)
    assert [type(error) for error in opened.errors] == [TooManyOpenRooms] * (MANY - 2)
    with tenant_scope(acme.id):
        assert Room.objects.count() == MAX_OPEN_ROOMS


def test_a_customer_who_counts_before_they_open_has_more(acme: Tenant, alice: User) -> None:
    everybody_has_counted = Barrier(MANY)
    with tenant_scope(acme.id):
        for _ in range(MAX_OPEN_ROOMS - 2):
            open_customer_room(room_id=uuid4(), actor=acting(alice))

    def open_one() -> None:
        number = count_open_rooms(alice.id)
        everybody_has_counted.wait(PATIENCE)
        if number < MAX_OPEN_ROOMS:
            Room(customer=alice).save()

    assert run_in(acme, *[open_one] * MANY).errors == []
    with tenant_scope(acme.id):
        assert Room.objects.count() == MAX_OPEN_ROOMS - 2 + MANY


def test_of_two_customers_who_choose_one_id_at_once_one_has_it(acme: Tenant, alice: User, bob: User) -> None:
    wanted = uuid4()

    def open_as(user: User) -> Callable[[], UUID]:
        return lambda: open_customer_room(room_id=wanted, actor=acting(user)).customer_id

    opened = run_in(acme, *[open_as(alice), open_as(bob)] * 3)
    assert [type(error) for error in opened.errors] == [RoomNotFound] * 3
    with tenant_scope(acme.id):
        assert set(opened.results) == {Room.objects.get().customer_id}


def test_of_many_agents_who_join_at_once_one_has_the_room(acme: Tenant, room: Room) -> None:
    agents = [StaffFactory.create(tenant=acme) for _ in range(MANY)]

    def join_as(agent: User) -> Callable[[], UUID | None]:
        return lambda: join_support_room(room_id=room.id, actor=acting(agent)).room.agent_id

    joined = run_in(acme, *map(join_as, agents))
    assert joined.errors == []
    with tenant_scope(acme.id):
        room.refresh_from_db()
        event = AuditEvent.objects.get(action=Action.ROOM_ASSIGNED)
    assert set(joined.results) == {room.agent_id}
    assert (event.actor_id, room.number, room.agent_number) == (room.agent_id, 2, 2)


def test_agents_who_look_before_they_take_the_room_take_it_from_one_another(acme: Tenant, room: Room) -> None:
    agents = [StaffFactory.create(tenant=acme) for _ in range(MANY)]
    everybody_has_looked = Barrier(MANY)

    def join_as(agent: User) -> Callable[[], None]:
        def join() -> None:
            is_free = Room.objects.get(pk=room.id).agent_id is None
            everybody_has_looked.wait(PATIENCE)
            with transaction.atomic():
                if is_free:
                    person = Person(agent.pk, agent.first_name)
                    give_room_to(lock_room(room.id, actor=acting(agent)), person, acting(agent), clock.now())

        return join

    assert run_in(acme, *map(join_as, agents)).errors == []
    with tenant_scope(acme.id):
        assert AuditEvent.objects.filter(action=Action.ROOM_ASSIGNED).count() == MANY


def test_of_many_marks_at_once_the_newest_message_stays(acme: Tenant, alice: User, sam: User) -> None:
    with tenant_scope(acme.id):
        sent = [send_as(alice, f"No. {number}").message for number in range(MANY)]
    marked = run_in(acme, *[partial(read_as, sam, one) for one in sent])
    assert marked.errors == []
    with tenant_scope(acme.id):
        reading = RoomReading.objects.get()
        room = Room.objects.get()
    assert (reading.message_id, reading.message_number) == (sent[-1].id, MANY)
    assert reading.number <= room.number == MANY + sum(map(bool, marked.results))

"""Who is erased is gone from support rooms, as customer and as agent (guarantees, G22)."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from accounts.models import User
from accounts.services.tenants import add_tenant_member
from chat.models import Room, RoomMessage, RoomReading
from chat.rooms.errors import RoomClosed
from chat.services.rooms import close_support_room
from erasure.services import erase_user, repeat_erasures
from events.models import Action, AuditEvent
from kernel.actor import SYSTEM
from kernel.constraints import violates_constraint
from kernel.errors import LoginRequired
from petstore.interfaces.representation.rooms import represent_room_message
from petstore.server.purge import ERASED_LATELY
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.chat.rooms.conftest import read_as, send_as
from tests.concurrency import run_together
from tests.factories import acting


@pytest.fixture
def room(in_acme: Tenant, alice: User, sam: User) -> Room:
    """Alice asked and sam answered, each has read it, and alice has asked again."""
    first = send_as(alice, "I am Alice", client_id="alice@example.com-1").message
    send_as(sam, "I am Sam", room_id=first.room_id, client_id="sam-1")
    read_as(sam, first)
    read_as(alice, send_as(alice, "Still me", room_id=first.room_id, client_id="alice-2").message)
    found: Room = Room.objects.get(pk=first.room_id)
    return found


def list_messages(room: Room) -> list[tuple[str, str, str]]:
    return list(RoomMessage.objects.filter(room=room).values_list("sender_name", "client_id", "text"))


def test_a_customers_messages_are_blanked_and_their_rooms_closed_by_whoever_erases_them(
    room: Room, alice: User, bob: User, root: User
) -> None:
    ended = send_as(alice, "Another matter", room_id=uuid4()).message.room_id
    close_support_room(room_id=ended, actor=acting(root))
    others = send_as(bob, "I am Bob").message
    erase_user(user_id=alice.id, actor=acting(root))

    messages = {message.text: message for message in RoomMessage.objects.filter(room=room)}
    assert set(messages) == {"", "I am Sam"}
    blank = messages[""]
    assert represent_room_message(blank)["text"] == "[erased]"
    assert represent_room_message(blank)["sender"] == {"id": str(alice.id), "name": ""}
    assert (blank.role, blank.client_id.replace("-", "")) == ("CUSTOMER", blank.id.hex)
    assert set(RoomReading.objects.values_list("reader_id", "reader_name")) == {(alice.id, ""), (sam_id(room), "Sam")}
    room.refresh_from_db()
    assert (room.status, room.waiting_since, room.agent_name) == ("CLOSED", None, "Sam")
    assert Room.objects.get(pk=others.room_id).is_open
    closings = AuditEvent.objects.filter(action=Action.ROOM_CLOSED).values_list("entity_id", "actor_id")
    assert sorted(closings) == sorted([(ended, root.id), (room.id, root.id)])


def sam_id(room: Room) -> object:
    return room.agent_id


def test_an_agents_name_and_words_go_in_every_tenant_and_the_rooms_stay_open(
    room: Room, sam: User, globex: Tenant, charlie: User, root: User
) -> None:
    add_tenant_member(tenant_id=globex.id, username=sam.username, actor=SYSTEM)
    with tenant_scope(globex.id):
        abroad = send_as(charlie, "I am Charlie").message
        read_as(sam, send_as(sam, "Sam of Acme", room_id=abroad.room_id, client_id="sam-9").message)
    erase_user(user_id=sam.id, actor=acting(root))

    assert [text for *_, text in list_messages(room)] == ["I am Alice", "", "Still me"]
    for tenant_id, room_id in ((room.tenant_id, room.id), (globex.id, abroad.room_id)):
        with tenant_scope(tenant_id):
            found = Room.objects.get(pk=room_id)
            assert (found.status, found.agent_id, found.agent_name) == ("OPEN", sam.id, "")
            written = RoomMessage.objects.filter(room=found, sender_id=sam.id)
            assert {(message.text, message.sender_name) for message in written} == {("", "")}
            assert set(RoomReading.objects.filter(reader_id=sam.id).values_list("reader_name")) == {("",)}


def test_what_a_request_under_way_writes_afterwards_goes_with_the_next_purge(room: Room, sam: User, root: User) -> None:
    erase_user(user_id=sam.id, actor=acting(root))
    room.refresh_from_db()
    Room.objects.filter(pk=room.pk).update(number=room.number + 1, agent_name="Sam")
    names = {"sender_id": sam.id, "sender_name": "Sam", "role": "AGENT", "client_id": "sam-late"}
    RoomMessage(room=room, number=room.number + 1, text="Sam was here", **names).save()
    RoomReading.objects.filter(reader_id=sam.id).update(reader_name="Sam")
    for _ in range(2):
        assert repeat_erasures(older_than=ERASED_LATELY, dry_run=False) == 1
        room.refresh_from_db()
        assert room.agent_name == ""
        assert "sam" not in str(list_messages(room)).casefold()
        assert not RoomReading.objects.filter(reader_name="Sam").exists()


def test_a_repeated_erasure_changes_nothing_and_is_not_recorded(room: Room, alice: User, root: User) -> None:
    erase_user(user_id=alice.id, actor=acting(root))
    before, number = list_messages(room), AuditEvent.objects.count()
    repeat_erasures(older_than=ERASED_LATELY, dry_run=False)
    assert (list_messages(room), AuditEvent.objects.count()) == (before, number)


@pytest.mark.parametrize(
    "change", [{"text": "Other words"}, {"sender_name": "Another"}, {"client_id": "another"}, {"number": 99}], ids=str
)
def test_a_message_stays_as_it_was_sent_otherwise(room: Room, change: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        RoomMessage.objects.filter(room=room, number=1).update(**change)
    assert violates_constraint(refused.value, "chat_roommessage_same_message")


@pytest.mark.django_db(transaction=True)
def test_who_writes_while_they_are_erased_leaves_nothing(acme: Tenant, alice: User, root: User) -> None:
    with tenant_scope(acme.id):
        room_id = send_as(alice, "I am Alice").message.room_id

    def write() -> None:
        with tenant_scope(acme.id):
            for _ in range(5):
                send_as(alice, "I am Alice", room_id=room_id)

    def open_another() -> None:
        with tenant_scope(acme.id):
            send_as(alice, "I am Alice", room_id=uuid4())

    def erase() -> None:
        with tenant_scope(acme.id):
            erase_user(user_id=alice.id, actor=acting(root))

    outcome = run_together([write, write, open_another, erase, write, open_another])
    assert {type(error) for error in outcome.errors} <= {RoomClosed, LoginRequired}
    with tenant_scope(acme.id):
        assert set(RoomMessage.objects.values_list("text", "sender_name")) == {("", "")}
        assert not Room.objects.filter(status="OPEN").exists()

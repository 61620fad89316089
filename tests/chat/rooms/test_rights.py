"""Who may do what in support rooms (contract, Rooms)."""

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID, uuid4

import pytest

from accounts.models import User
from accounts.services.registration import change_user_status
from accounts.services.tenants import add_tenant_member
from chat.models import Room, RoomMessage
from chat.rooms.errors import RoomClosed, RoomNotFound
from chat.rooms.participants import find_participant
from chat.rooms.queries import get_room
from chat.services.customer_rooms import open_customer_room
from chat.services.room_messages import mark_messages_read
from chat.services.rooms import assign_room_to_actor, close_support_room, join_support_room
from events.models import Action, AuditEvent
from kernel.actor import ANONYMOUS, SYSTEM, Actor, Role
from kernel.errors import DomainError, Forbidden, LoginRequired
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.chat.rooms.conftest import Say, send_as
from tests.factories import acting
from tests.snapshots import snapshot

Ask = Callable[[User, UUID], object]
BY_ROOM: dict[str, Ask] = {
    "join": lambda user, room_id: join_support_room(room_id=room_id, actor=acting(user)),
    "join after": lambda user, room_id: join_support_room(
        room_id=room_id, after_message_id=uuid4(), actor=acting(user)
    ),
    "get": lambda user, room_id: get_room(room_id, actor=acting(user)),
    "mark": lambda user, room_id: mark_messages_read(
        room_id=room_id, message_id=uuid4(), reader=find_participant(actor=acting(user)).person, actor=acting(user)
    ),
}
BY_AGENT: dict[str, Ask] = {
    "send": lambda user, room_id: send_as(user, "Hello", room_id=room_id),
    "assign": lambda user, room_id: assign_room_to_actor(room_id=room_id, actor=acting(user)),
    "close": lambda user, room_id: close_support_room(room_id=room_id, actor=acting(user)),
}


def read_refusal(ask: Ask, user: User, room_id: UUID) -> tuple[str, str, str]:
    with pytest.raises(DomainError) as refused:
        ask(user, room_id)
    assert isinstance(refused.value, RoomNotFound)
    return refused.value.code, refused.value.title, refused.value.detail


@pytest.mark.parametrize("ask", BY_ROOM.values(), ids=BY_ROOM)
def test_a_customer_cannot_tell_a_foreign_room_from_none(
    ask: Ask, room: Room, bob: User, charlie: User, globex: Tenant
) -> None:
    with tenant_scope(globex.id):
        foreign = send_as(charlie, "Hello").message.room_id
    before = snapshot()
    refusals = {read_refusal(ask, bob, room_id) for room_id in (room.id, foreign, uuid4())}
    assert refusals == {("room_not_found", "There is no such room", "There is no such room")}
    assert snapshot() == before


def test_a_customer_who_writes_to_a_foreign_room_learns_no_more(
    room: Room, bob: User, charlie: User, globex: Tenant
) -> None:
    with tenant_scope(globex.id):
        foreign = send_as(charlie, "Hello").message.room_id
    before = snapshot()
    assert len({read_refusal(BY_AGENT["send"], bob, room_id) for room_id in (room.id, foreign, UUID(int=5))}) == 1
    assert snapshot() == before


@pytest.mark.parametrize("ask", (BY_ROOM | BY_AGENT).values(), ids=BY_ROOM | BY_AGENT)
def test_an_agent_cannot_tell_another_tenants_room_from_none(ask: Ask, room: Room, gina: User, globex: Tenant) -> None:
    with tenant_scope(globex.id):
        before = snapshot()
        assert read_refusal(ask, gina, room.id) == read_refusal(ask, gina, uuid4())
        assert snapshot() == before


@pytest.mark.parametrize("ask", [BY_AGENT["assign"], BY_AGENT["close"]], ids=["assign", "close"])
def test_a_customer_neither_assigns_nor_closes_their_room(ask: Ask, room: Room, alice: User) -> None:
    before = snapshot()
    with pytest.raises(Forbidden):
        ask(alice, room.id)
    assert snapshot() == before


@pytest.mark.parametrize("actor", [ANONYMOUS, SYSTEM], ids=["anonymous", "system"])
def test_who_is_no_user_has_no_place_in_a_room(actor: Actor, room: Room) -> None:
    before = snapshot()
    for ask in (
        lambda: join_support_room(room_id=room.id, actor=actor),
        lambda: open_customer_room(actor=actor),
        lambda: get_room(room.id, actor=actor),
        lambda: find_participant(actor=actor),
        lambda: assign_room_to_actor(room_id=room.id, actor=actor),
    ):
        with pytest.raises(LoginRequired):
            ask()
    assert snapshot() == before


def test_staff_whose_home_is_another_tenant_answer_under_their_name(room: Room, gina: User, acme: Tenant) -> None:
    add_tenant_member(tenant_id=acme.id, username=gina.username, actor=SYSTEM)
    send_as(gina, "Good morning", room_id=room.id)
    room.refresh_from_db()
    assert (room.agent_id, room.agent_name, room.tenant_id) == (gina.id, "Gina", acme.id)
    assert RoomMessage.objects.get(number=3).sender_name == "Gina"
    assert AuditEvent.objects.get(action=Action.ROOM_ASSIGNED).actor_id == gina.id


def test_staff_who_no_longer_work_at_home_are_customers_there(room: Room, sam: User) -> None:
    actor = replace(acting(sam), role=Role.CUSTOMER, permissions=frozenset())
    assert find_participant(actor=actor).role == "CUSTOMER"
    own = open_customer_room(actor=actor)
    assert own.customer_id == sam.id
    with pytest.raises(RoomNotFound):
        join_support_room(room_id=room.id, actor=actor)


def test_a_customer_who_is_suspended_meanwhile_opens_no_room(alice: User, root: User, in_acme: object) -> None:
    actor = acting(alice)
    change_user_status(user_id=alice.id, status="SUSPENDED", actor=acting(root))
    with pytest.raises(LoginRequired):
        open_customer_room(actor=actor)
    assert not Room.objects.exists()


def test_in_a_tenant_that_has_no_row_yet_nothing_is_found_or_made(root: User) -> None:
    with tenant_scope(uuid4(), is_provisional=True):
        for ask in (*BY_ROOM.values(), *BY_AGENT.values()):
            with pytest.raises(RoomNotFound):
                ask(root, uuid4())
    assert Tenant.objects.count() == 1


def test_an_agent_takes_a_room_from_another_and_again_changes_nothing(room: Room, sam: User, kim: User) -> None:
    assign_room_to_actor(room_id=room.id, actor=acting(sam))
    assign_room_to_actor(room_id=room.id, actor=acting(kim))
    again = assign_room_to_actor(room_id=room.id, actor=acting(kim))
    assert (again.agent_id, again.agent_name, again.agent_number, again.number) == (kim.id, "Kim", 3, 3)
    changes = [event.details["changes"] for event in AuditEvent.objects.filter(entity_id=room.id).order_by("pk")]
    assert changes == [{"agentId": [None, str(sam.id)]}, {"agentId": [str(sam.id), str(kim.id)]}]


def test_joining_a_room_that_somebody_has_or_that_is_closed_assigns_it_to_nobody(
    room: Room, sam: User, kim: User, vera: User
) -> None:
    assert join_support_room(room_id=room.id, actor=acting(vera)).room.agent_id is None
    join_support_room(room_id=room.id, actor=acting(sam))
    assert join_support_room(room_id=room.id, actor=acting(kim)).room.agent_id == sam.id


def test_a_closed_room_waits_for_nobody_is_recorded_once_and_goes_to_nobody(
    room: Room, sam: User, kim: User, say: Say
) -> None:
    closed = close_support_room(room_id=room.id, actor=acting(sam))
    assert (closed.status, closed.number, closed.closed_number, closed.waiting_since) == ("CLOSED", 2, 2, None)
    assert close_support_room(room_id=room.id, actor=acting(kim)).number == 2
    with pytest.raises(RoomClosed):
        assign_room_to_actor(room_id=room.id, actor=acting(kim))
    with pytest.raises(RoomClosed):
        say(kim, "Still here?", room_id=room.id)
    assert join_support_room(room_id=room.id, actor=acting(kim)).room.agent_id is None
    event = AuditEvent.objects.get(entity_id=room.id)
    assert (event.action, event.entity_type, event.actor_id) == (Action.ROOM_CLOSED, "ROOMS", sam.id)
    assert event.details == {"changes": {"status": ["OPEN", "CLOSED"]}}


def test_whoever_closes_a_room_gets_none_of_its_next_messages(room: Room, alice: User, sam: User, say: Say) -> None:
    close_support_room(room_id=room.id, actor=acting(sam))
    message = say(alice, "One more thing")
    assert message.room_id != room.id
    assert Room.objects.get(pk=message.room_id).agent_id is None

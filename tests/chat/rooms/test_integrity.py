"""Support rooms that disagree with the journal or with their own changes are found by `verify_journal`."""

from collections.abc import Callable

import pytest
from django.core.management.base import CommandError

from accounts.models import User
from chat.integrity import run_room_checks
from chat.models import Room, RoomMessage, RoomReading
from chat.services.rooms import assign_room_to_actor, close_support_room
from kernel import clock, ids
from tests.chat.rooms.conftest import Say, read_as
from tests.commands.conftest import Run, run
from tests.factories import acting

__all__ = ["run"]


def list_broken() -> dict[str, tuple[str, ...]]:
    return {check.claim: check.broken for check in run_room_checks() if check.broken}


@pytest.fixture
def closed(room: Room, sam: User, kim: User, say: Say) -> Room:
    """A room with everything that a room may have."""
    message = say(sam, "Good morning", room_id=room.id)
    read_as(room.customer, message)
    assign_room_to_actor(room_id=room.id, actor=acting(kim))
    close_support_room(room_id=room.id, actor=acting(kim))
    read_as(room.customer, message)
    return room


def test_honest_rooms_agree(run: Run, closed: Room, bob: User, say: Say) -> None:
    say(bob, "Hello")
    assert " checks agree." in run("verify_journal")


def close_by_hand(room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(
        status="CLOSED", closed_at=clock.now(), closed_number=room.number + 1, number=room.number + 1,
        waiting_since=None,
    )  # fmt: skip


def assign_by_hand(room: Room) -> None:
    Room.objects.filter(pk=room.pk).update(agent_id=ids.new_id(), agent_name="Nemo", agent_number=1)


@pytest.mark.parametrize(
    ("change", "claim"),
    [
        (close_by_hand, "Every room is closed where the journal says so, and only there"),
        (assign_by_hand, "Every room has an agent to whom the journal gave it"),
    ],
)
def test_a_room_that_was_changed_by_hand_is_found(
    run: Run, room: Room, change: Callable[[Room], None], claim: str
) -> None:
    change(room)
    assert list_broken() == {claim: (str(room.id),)}
    with pytest.raises(CommandError, match="found disagreements"):
        run("verify_journal")


def test_what_stands_after_its_rooms_end_is_found(closed: Room, alice: User) -> None:
    closed.refresh_from_db()
    Room.objects.filter(pk=closed.pk).update(number=closed.number + 1)
    sender = {"sender_id": alice.id, "role": "CUSTOMER", "client_id": "c-9"}
    late = RoomMessage(room=closed, number=closed.number + 1, text="Late", **sender)
    late.save()
    RoomReading.objects.update(number=closed.number + 9)
    assert list_broken() == {
        "No message stands after its room's newest change or end": (str(late.id),),
        "No mark of what was read is newer than its room": (str(closed.id),),
    }

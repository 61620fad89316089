"""`purge --chats` deletes rooms that were closed long ago, and nothing else (contract, Commands)."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat.models import Room, RoomMessage, RoomReading
from chat.services import room_purge
from chat.services.room_purge import purge_closed_rooms
from chat.services.rooms import close_support_room
from kernel import clock
from petstore.server.purge import run_all_purges
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.chat.rooms.conftest import read_as, send_as
from tests.commands.conftest import Run, run
from tests.concurrency import run_together
from tests.factories import acting

__all__ = ["run"]
YEAR = timedelta(days=365)


def open_room(customer: User, messages: int = 3) -> UUID:
    with tenant_scope(customer.tenant_id):
        room_id = uuid4()
        for number in range(messages):
            message = send_as(customer, f"No. {number}", room_id=room_id).message
        read_as(customer, message)
    return room_id


def close_room(room_id: UUID, agent: User, ago: timedelta) -> UUID:
    with tenant_scope(agent.tenant_id):
        close_support_room(room_id=room_id, actor=acting(agent))
        Room.objects.filter(pk=room_id).update(closed_at=clock.now() - ago)
    return room_id


@pytest.fixture
def kept(alice: User, sam: User) -> set[UUID]:
    """Rooms that stay: one that is open, for however long, and one that was closed a year ago less a day."""
    oldest = open_room(alice)
    with all_tenants(reason="test"):
        Room.objects.filter(pk=oldest).update(created_at=clock.now() - 3 * YEAR)
    return {oldest, close_room(open_room(alice), sam, YEAR - timedelta(days=1))}


@pytest.fixture
def old(alice: User, sam: User, charlie: User, gina: User) -> set[UUID]:
    """Rooms of two tenants that were closed a year and a day ago."""
    ago = YEAR + timedelta(days=1)
    return {close_room(open_room(alice), sam, ago), close_room(open_room(charlie), gina, ago)}


def list_left() -> tuple[set[UUID], set[UUID], set[UUID]]:
    with all_tenants(reason="test"):
        return (
            set(Room.objects.values_list("pk", flat=True)),
            set(RoomMessage.objects.values_list("room_id", flat=True)),
            set(RoomReading.objects.values_list("room_id", flat=True)),
        )


def test_rooms_that_were_closed_a_year_ago_go_with_all_that_is_in_them(
    run: Run, old: set[UUID], kept: set[UUID]
) -> None:
    counted = "2 support rooms that are closed, with their messages would be deleted.\n"
    assert run("purge", "--chats", "--dry-run") == counted
    assert list_left() == (old | kept,) * 3
    assert run("purge", "--chats") == "2 support rooms that are closed, with their messages deleted.\n"
    assert list_left() == (kept,) * 3
    assert run("purge", "--chats").startswith("0 ")


def test_the_daily_purge_takes_them_too(old: set[UUID], kept: set[UUID]) -> None:
    run_all_purges()
    assert list_left() == (kept,) * 3


def test_an_age_is_meant_for_them_where_they_are_chosen(run: Run, old: set[UUID], kept: set[UUID]) -> None:
    run("purge", "--older-than", "0s")
    assert list_left() == (kept,) * 3
    run("purge", "--chats", "--older-than", "400d")
    assert list_left() == (kept,) * 3
    run("purge", "--chats", "--older-than", "30d")
    assert len(list_left()[0]) == 1


def test_what_is_purged_agrees_with_the_journal(run: Run, old: set[UUID], kept: set[UUID]) -> None:
    run("purge", "--chats")
    assert " checks agree." in run("verify_journal")


def test_many_rooms_with_many_messages_go_in_short_steps(
    monkeypatch: pytest.MonkeyPatch, alice: User, sam: User
) -> None:
    monkeypatch.setattr(room_purge, "ROOMS_AT_ONCE", 2)
    monkeypatch.setattr(room_purge, "MESSAGES_PER_STATEMENT", 4)
    for _ in range(5):
        close_room(open_room(alice, messages=9), sam, 2 * YEAR)
    with CaptureQueriesContext(connection) as queries:
        assert purge_closed_rooms(older_than=YEAR, dry_run=False) == 5
    of_messages = [query["sql"] for query in queries if query["sql"].startswith('DELETE FROM "chat_roommessage"')]
    assert len(of_messages) == 5 * (3 + 1)
    assert list_left() == (set(), set(), set())


@pytest.mark.django_db(transaction=True)
def test_two_workers_who_purge_at_once_count_each_room_once(acme: Tenant, alice: User, sam: User) -> None:
    for _ in range(6):
        close_room(open_room(alice), sam, 2 * YEAR)
    purged = run_together([lambda: purge_closed_rooms(older_than=YEAR, dry_run=False)] * 3)
    assert (purged.errors, sum(purged.results)) == ([], 6)
    assert list_left() == (set(), set(), set())

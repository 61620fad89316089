"""How many queries each use case of support rooms costs, and the indexes that they read by (architecture, Manners)."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import Q, QuerySet
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from chat.models import Room, RoomMessage, RoomReading
from chat.rooms.queries import find_changed_rooms, list_rooms_by_urgency, read_room_changes
from chat.services.rooms import assign_room_to_actor, close_support_room, join_support_room
from tenants.scoping import all_tenants
from tests.chat.rooms.conftest import read_as, send_as
from tests.factories import acting

SAVEPOINTS = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT")


def count_queries(call: Callable[[], object]) -> int:
    """The statements that read or write rows."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return sum(not query["sql"].startswith(SAVEPOINTS) for query in captured)


SENDER = 1
"""Who the sender is; a connection asks for that once."""
APPEND = {"postgresql": 1, "sqlite": 2}
"""A message in a room that takes it: one statement where the database can do that."""
EVENT = {"postgresql": 1, "sqlite": 2}
"""An entry of the journal."""


def test_each_use_case_has_its_number_of_queries(room: Room, alice: User, sam: User) -> None:
    append, event = APPEND[connection.vendor], EVENT[connection.vendor]
    counted = {
        "join": count_queries(lambda: join_support_room(room_id=room.id, actor=acting(alice))),
        "join without a room": count_queries(lambda: join_support_room(actor=acting(alice))),
        "send": count_queries(lambda: send_as(alice, "Hello", room_id=room.id, client_id="c-1")),
        "the same again": count_queries(lambda: send_as(alice, "Hello", room_id=room.id, client_id="c-1")),
        "send without a room": count_queries(lambda: send_as(alice, "Hello")),
        "send to a new room": count_queries(lambda: send_as(alice, "Hello", room_id=uuid4())),
    }
    actor, message = acting(sam), RoomMessage.objects.filter(room=room).latest("number")
    counted |= {
        "an agent's first join": count_queries(lambda: join_support_room(room_id=room.id, actor=actor)),
        "an agent's join": count_queries(lambda: join_support_room(room_id=room.id, actor=actor)),
        "assign to who has it": count_queries(lambda: assign_room_to_actor(room_id=room.id, actor=actor)),
        "read": count_queries(lambda: read_as(alice, message)),
        "read again": count_queries(lambda: read_as(alice, message)),
        "close": count_queries(lambda: close_support_room(room_id=room.id, actor=actor)),
    }
    assert counted == {
        "join": 2,
        "join without a room": 3,
        "send": SENDER + append,
        "the same again": SENDER + append + 1,
        "send without a room": SENDER + 2 + append,
        "send to a new room": SENDER + append + 7,
        "an agent's first join": 5 + event,
        "an agent's join": 2,
        "assign to who has it": 1,
        "read": SENDER + 6,
        "read again": SENDER + 4,
        "close": 2 + event,
    }


def test_the_changes_of_many_rooms_are_read_by_three_queries(alice: User, in_acme: object) -> None:
    rooms = [send_as(alice, "Hello", room_id=uuid4()).message.room_id for _ in range(5)]
    known = [(room_id, 0) for room_id in rooms]
    assert count_queries(lambda: read_room_changes(find_changed_rooms(known), known)) == 3


def explain(rows: QuerySet[Any]) -> str:
    """The plan for a large table: PostgreSQL takes no index for a table of a few rows."""
    if connection.vendor != "postgresql":
        return str(rows.explain())
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_sort = off")
    return str(rows.explain())


UNIQUE = ("room_message_number", "room_message_number of many rooms", "room_message_once", "room_reading_once")
"""Of constraints: SQLite names their indexes itself, and in a small table one is as good as another."""


def list_reads(room: Room, alice: User) -> dict[str, QuerySet[Any]]:
    """What is read of large tables, by the index that it needs."""
    with all_tenants(reason="test"):
        written = RoomMessage.objects.filter(sender_id=alice.id).order_by()
        read = RoomReading.objects.filter(reader_id=alice.id).order_by()
        answered = Room.objects.filter(agent_id=alice.id).order_by()
        closed = Room.objects.filter(closed_at__lt=room.created_at).order_by("closed_at")
    news = Q(room=room, number__gt=9) | Q(room=room, number__gt=99)
    return {
        "room_message_number of many rooms": RoomMessage.objects.filter(news).order_by(),
        "room_by_urgency": list_rooms_by_urgency()[:20],
        "room_of_customer": Room.objects.filter(customer=alice, status="OPEN").order_by("-created_at", "-id")[:1],
        "room_of_agent": answered,
        "room_closed": closed,
        "room_message_number": RoomMessage.objects.filter(room=room, number__lte=9).order_by("-number")[:50],
        "room_message_once": RoomMessage.objects.filter(room=room, sender_id=alice.id, client_id="c-1").order_by(),
        "room_message_of_sender": written,
        "room_reading_once": RoomReading.objects.filter(room=room, reader_id=alice.id).order_by(),
        "room_reading_of_reader": read,
    }


@pytest.mark.as_owner
def test_rooms_and_messages_are_read_by_an_index(room: Room, alice: User) -> None:
    plans = {index: explain(rows) for index, rows in list_reads(room, alice).items()}
    assert {index for index, plan in plans.items() if "Seq Scan" in plan or "TEMP B-TREE" in plan} == set()
    assert {index for index, plan in plans.items() if index.split()[0] not in plan} <= {*UNIQUE}
    assert all("USING INDEX" in plans[name] or "Index" in plans[name] for name in UNIQUE)

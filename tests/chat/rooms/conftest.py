"""Support rooms of acme: alice, bob and sam in them."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import Room, RoomMessage
from chat.rooms.participants import find_participant
from chat.services.room_messages import SentMessage, mark_messages_read, send_room_message
from tenants.models import Tenant
from tests.factories import StaffFactory, acting

Say = Callable[..., RoomMessage]


def send_as(user: User, text: str, **values: object) -> SentMessage:
    """Send a message as somebody, in the open scope."""
    actor = acting(user)
    values.setdefault("client_id", f"c-{uuid4()}")
    sender = find_participant(actor=actor).person
    return send_room_message(text=text, sender=sender, actor=actor, **values)  # type: ignore[arg-type]  # by name


def read_as(user: User, message: RoomMessage) -> bool:
    """Mark a message, and all before it, as read by somebody."""
    actor = acting(user)
    reader = find_participant(actor=actor).person
    return mark_messages_read(room_id=message.room_id, message_id=message.id, reader=reader, actor=actor)


@pytest.fixture
def say(in_acme: object) -> Say:
    """Send a message as somebody: `say(alice, "Hello", room_id=…, client_id=…)`."""

    def send(user: User, text: str, **values: object) -> RoomMessage:
        return send_as(user, text, **values).message

    return send


@pytest.fixture
def kim(acme: Tenant) -> User:
    """Another manager of acme."""
    return StaffFactory.create(tenant=acme, username="kim")


@pytest.fixture
def vera(acme: Tenant) -> User:
    """A viewer of acme."""
    return StaffFactory.create(tenant=acme, username="vera", group="Viewer")


@pytest.fixture
def room(alice: User, say: Say) -> Room:
    """Alice's, with one message of hers."""
    room: Room = Room.objects.get(pk=say(alice, "Hello").room_id)
    return room

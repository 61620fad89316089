"""Support rooms of acme: alice, bob and sam in them."""

from collections.abc import Callable
from uuid import uuid4

import pytest

from accounts.models import User
from chat.models import RoomMessage
from chat.rooms.participants import find_participant
from chat.services.room_messages import send_room_message
from tests.factories import acting

Say = Callable[..., RoomMessage]


@pytest.fixture
def say(in_acme: object) -> Say:
    """Send a message as somebody: `say(alice, "Hello", room_id=…, client_id=…)`."""

    def send(user: User, text: str, **values: object) -> RoomMessage:
        actor = acting(user)
        values.setdefault("client_id", f"c-{uuid4()}")
        sender = find_participant(actor=actor).person
        return send_room_message(text=text, sender=sender, actor=actor, **values).message  # type: ignore[arg-type]  # by name

    return send

"""Erase what names a user in support rooms (guarantees, G22)."""

from typing import Final
from uuid import UUID

from django.db.models import CharField, Q
from django.db.models.functions import Cast

from chat.models import Room, RoomMessage, RoomReading
from chat.services.rooms import close_locked_room
from kernel import clock
from kernel.actor import Actor
from tenants.scoping import all_tenants

MESSAGES_PER_STATEMENT: Final = 500


def erase_user_from_rooms(user_id: UUID, *, actor: Actor) -> None:
    """Close the user's open rooms of the scope, as the actor, and erase their texts and names in all tenants.

    Nobody could answer them, and a room that waits for ever would stand before all others. Their rooms are closed
    first, so nothing is written in these while the texts go. Call it in a transaction; a second time changes nothing.
    """
    open_rooms = Room.objects.filter(customer_id=user_id, status=Room.Status.OPEN)
    for room in open_rooms.select_for_update(no_key=True).order_by("pk"):
        close_locked_room(room, actor, clock.now())
    with all_tenants(reason="staff write in rooms of tenants other than their home"):
        _blank_messages(user_id)
        Room.objects.filter(agent_id=user_id).exclude(agent_name="").update(agent_name="")
        RoomReading.objects.filter(reader_id=user_id).exclude(reader_name="").update(reader_name="")


def _blank_messages(user_id: UUID) -> None:
    """Blank what they wrote, and the ids that their program chose for it."""
    named = RoomMessage.objects.filter(~Q(text="", sender_name=""), sender_id=user_id)
    message_ids = list(named.order_by("pk").values_list("pk", flat=True))
    for start in range(0, len(message_ids), MESSAGES_PER_STATEMENT):
        some = RoomMessage.objects.filter(pk__in=message_ids[start : start + MESSAGES_PER_STATEMENT])
        some.update(text="", sender_name="", client_id=Cast("pk", CharField()))

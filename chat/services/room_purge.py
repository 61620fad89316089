"""Delete support rooms that were closed long ago, with what was written in them."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction

from chat.models import Room, RoomMessage
from kernel import clock
from tenants.scoping import all_tenants, tenant_scope

ROOMS_AT_ONCE: Final = 100
MESSAGES_PER_STATEMENT: Final = 1000


def purge_closed_rooms(*, older_than: timedelta, dry_run: bool) -> int:
    """Delete the rooms that were closed longer ago than that, in every tenant; return how many.

    Args:
        dry_run: only count them.
    """
    latest = clock.now() - older_than
    if dry_run:
        with all_tenants(reason="closed rooms of every tenant grow old"):
            return int(Room.objects.filter(closed_at__lt=latest).count())
    number = 0
    with all_tenants(reason="closed rooms of every tenant grow old"):
        closed = Room.objects.filter(closed_at__lt=latest).order_by("closed_at").values_list("tenant_id", "pk")
        while rooms := list(closed[:ROOMS_AT_ONCE]):
            number += sum(_delete_closed_room(tenant_id, room_id) for tenant_id, room_id in rooms)
    return number


def _delete_closed_room(tenant_id: UUID, room_id: UUID) -> int:
    """Delete a room, to which no message comes any more, in short transactions; return 0 where another was faster."""
    with tenant_scope(tenant_id):
        messages = RoomMessage.objects.filter(room_id=room_id).order_by("number").values_list("pk", flat=True)
        while some := list(messages[:MESSAGES_PER_STATEMENT]):
            RoomMessage.objects.filter(pk__in=some).delete()
        with transaction.atomic():
            locked = list(Room.objects.select_for_update().filter(pk=room_id))  # whoever marks a message waits
            Room.objects.filter(pk=room_id).delete()  # and how far each has read
    return len(locked)

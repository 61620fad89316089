"""Checks that support rooms agree with the journal and with what is written in them (contract, Commands).

Each check is one query, as in `orders.integrity`. A room that was purged has left its events behind.
"""

from collections.abc import Callable

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from chat.models import Room, RoomMessage, RoomReading
from events.integrity import Ids, IntegrityCheck, run_checks
from events.models import Action, AuditEvent, AuditEventQuerySet, EntityType


def run_room_checks() -> list[IntegrityCheck]:
    """Run all checks of support rooms and return them with what they found."""
    return run_checks(_CHECKS)


def _find_rooms_unlike_their_end() -> Ids:
    rooms = _all_rooms().annotate(is_ended=Exists(_list_events_of_room(Action.ROOM_CLOSED)))
    true = Q(status=Room.Status.CLOSED, is_ended=True) | Q(status=Room.Status.OPEN, is_ended=False)
    return rooms.exclude(true).values_list("pk")


def _find_rooms_of_other_agents() -> Ids:
    assignments = _list_events_of_room(Action.ROOM_ASSIGNED)
    true = Exists(assignments.filter(actor_id=OuterRef("agent_id"))) | (Q(agent_id__isnull=True) & ~Exists(assignments))
    return _all_rooms().exclude(true).values_list("pk")


def _find_messages_out_of_place() -> Ids:
    messages: QuerySet[RoomMessage] = RoomMessage.objects.order_by()
    is_after_the_end = Q(room__status=Room.Status.CLOSED, number__gt=F("room__closed_number"))
    return messages.filter(Q(number__gt=F("room__number")) | is_after_the_end).values_list("pk")


def _find_marks_out_of_place() -> Ids:
    marks: QuerySet[RoomReading] = RoomReading.objects.order_by()
    return marks.filter(Q(number__gt=F("room__number")) | Q(message_number__gt=F("number"))).values_list("room_id")


def _all_rooms() -> "QuerySet[Room]":
    rooms: QuerySet[Room] = Room.objects.order_by()
    return rooms


def _list_events_of_room(action: Action) -> AuditEventQuerySet:
    """List the events of that kind about the room of the query around."""
    events: AuditEventQuerySet = AuditEvent.objects.order_by()
    return events.filter(
        tenant_id=OuterRef("tenant_id"), entity_type=EntityType.ROOMS, entity_id=OuterRef("pk"), action=action
    )


_CHECKS: dict[str, Callable[[], Ids]] = {
    "Every room is closed where the journal says so, and only there": _find_rooms_unlike_their_end,
    "Every room has an agent to whom the journal gave it": _find_rooms_of_other_agents,
    "No message stands after its room's newest change or end": _find_messages_out_of_place,
    "No mark of what was read is newer than its room": _find_marks_out_of_place,
}

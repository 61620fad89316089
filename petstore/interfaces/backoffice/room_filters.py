"""Filters of the list of support rooms."""

from collections.abc import Iterator
from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import DropdownFilter

from chat.models import Room
from chat.rooms.queries import filter_waiting_rooms
from petstore.interfaces.backoffice.framework.filters import FilterLink, read_list_query
from petstore.interfaces.backoffice.framework.model_admin import read_request_actor


class RoomFilter(DropdownFilter):
    """Filter by what has become of a room: waiting, one's own open ones, open, closed."""

    title = "room"
    parameter_name = "room"
    choices_in_words = (("waiting", "Waiting"), ("mine", "Mine"), ("open", "Open"), ("closed", "Closed"))

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, str]]:
        return list(self.choices_in_words)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Room]) -> QuerySet[Room]:
        is_open = queryset.filter(status=Room.Status.OPEN)
        narrowed = {
            "waiting": filter_waiting_rooms(is_open),
            "mine": is_open.filter(agent_id=read_request_actor(request).user_id),
            "open": is_open,
            "closed": queryset.filter(status=Room.Status.CLOSED),
        }
        return narrowed.get(self.value() or "", queryset)


def list_room_links(request: HttpRequest) -> Iterator[FilterLink]:
    """Yield a link to all rooms, and then one for each choice of the filter."""
    name = RoomFilter.parameter_name
    chosen = request.GET.get(name, "")
    for value, label in (("", "All"), *RoomFilter.choices_in_words):
        query = read_list_query(request)
        query.pop(name, None)
        if value:
            query[name] = value
        yield FilterLink(label, f"?{query.urlencode()}", chosen == value)

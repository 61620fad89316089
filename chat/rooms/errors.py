"""Refusals of support rooms."""

from kernel.errors import Conflict, NotFound


class RoomNotFound(NotFound):
    """The scope has no such room, or it is another customer's: the caller cannot tell which."""

    code = "room_not_found"
    title = "There is no such room"


class RoomMessageNotFound(NotFound):
    """The room has no such message."""

    code = "room_message_not_found"
    title = "There is no such message in this room"


class RoomClosed(Conflict):
    """The store has closed the room."""

    code = "room_closed"
    title = "This room is closed"


class TooManyOpenRooms(Conflict):
    """The customer has as many open rooms as they may."""

    code = "too_many_open_rooms"
    title = "You have as many open rooms as you may"

"""Write the store's frames: their members are those that their classes name (contract, WebSocket)."""

from collections.abc import Mapping
from typing import Any, Final

from kernel import clock, ids
from petstore.interfaces.live.feed import FeedItem
from petstore.interfaces.live.rooms import AgentAssigned, MessageRead, MessageSent, RoomClosed, RoomNews
from petstore.interfaces.representation.rooms import represent_person, represent_room_message
from petstore.interfaces.rooms.refusals import Refusal
from petstore.interfaces.websocket.frames import ORDER_SERVER_FRAMES, SERVER_FRAMES

Frame = dict[str, Any]

_NAMES: Final = {kind: tuple(frame().fields) for kind, frame in {**SERVER_FRAMES, **ORDER_SERVER_FRAMES}.items()}


def build_frame(kind: str, values: Mapping[str, Any]) -> Frame:
    """Build a frame from the values of all the members that its class names.

    Raises:
        KeyError: a member has no value.
    """
    own = {"type": kind, "id": ids.new_id_text(), "timestamp": clock.format_rfc3339(clock.now())}
    given = own | dict(values)
    return {name: given[name] for name in _NAMES[kind]}


def build_error_frame(refusal: Refusal, reply_to: str | None) -> Frame:
    """Build the frame that says what is refused."""
    problem = refusal.problem
    values = {"replyTo": reply_to, "code": refusal.slug, "message": problem["title"], "problem": problem}
    return build_frame("error", values)


def build_event_frame(item: FeedItem) -> Frame:
    """Build the frame of an order's event."""
    return build_frame(item.event_type, {"id": str(item.id), "timestamp": item.timestamp, "data": item.data})


def build_news_frame(news: RoomNews) -> Frame:
    """Build the frame of the news of a room."""
    room_id = str(news.room_id)
    if isinstance(news, MessageSent):
        return build_frame("chatMessage", {"id": str(news.message.id), **represent_room_message(news.message)})
    if isinstance(news, MessageRead):
        values = {"messageId": str(news.message_id), "reader": represent_person(news.reader)}
        return build_frame("messageRead", {"roomId": room_id, **values})
    if isinstance(news, AgentAssigned):
        return build_frame("agentAssigned", {"roomId": room_id, "agent": represent_person(news.agent)})
    if isinstance(news, RoomClosed):
        return build_frame("roomClosed", {"roomId": room_id})
    kind = "typingStarted" if news.is_typing else "typingStopped"
    return build_frame(kind, {"roomId": room_id, "sender": represent_person(news.sender)})

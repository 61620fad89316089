"""The live part of a support room's page: what happens in the room, as server-sent events.

A stream is read in the event loop. It holds neither a request thread nor its session, and looks at the session and at
the right to the room again while it lasts.
"""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from typing import Any, Final

import orjson
from django.core.handlers.asgi import ASGIRequest
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.template.loader import render_to_string

from chat.models import Room
from kernel.errors import Kind
from petstore.interfaces.backoffice.room_transcripts import MessageLine, parse_row_number
from petstore.interfaces.backoffice.room_viewers import RoomViewer
from petstore.interfaces.live.poller import run_in_reader
from petstore.interfaces.live.rooms import (
    AgentAssigned,
    MessageRead,
    MessageSent,
    RoomClosed,
    RoomNews,
    Typing,
    room_feed,
)
from petstore.interfaces.live.streams import StreamLimitReached, TooManyStreams, streams

MAX_SECONDS: Final = 300.0
"""Then the stream ends, and the page connects again."""
LOOK_SECONDS: Final = 15.0
"""The time between two looks at the viewer's right."""
MAX_UNSENT: Final = 500
"""News that wait for a page which does not read them; beyond that its stream ends."""
MAX_MISSED: Final = 1000
"""Changes that a page is told when it connects again; one that has missed more is loaded anew."""
HEADERS: Final = {"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
COMMENT: Final = b":\n\n"
RETRY: Final = b"retry: 1000\n\n"
ENDED: Final = b"event: ended\ndata: {}\n\n"
"""Tells the page not to connect again: it has to be loaded anew, or its user is logged out or sees the room no more."""


class RoomListener:
    """A page that hears its room. Used in the event loop only."""

    def __init__(self, viewer: RoomViewer) -> None:
        self._viewer = viewer
        self._unsent: deque[RoomNews] = deque()
        self._has_news = asyncio.Event()
        self.is_overrun = False

    def take_room_news(self, news: RoomNews) -> None:
        """Keep the news for the page, but for what it need not be told."""
        if not self._is_own_typing(news):
            self.is_overrun = self.is_overrun or len(self._unsent) >= MAX_UNSENT
            self._unsent.append(news)
            self.wake_up()

    def wake_up(self) -> None:
        """End the wait, whether there is news or not."""
        self._has_news.set()

    async def wait_for_news(self, seconds: float) -> list[RoomNews]:
        """Return the news since the last call, waiting for some at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._has_news.wait()
        self._has_news.clear()
        news = list(self._unsent)
        self._unsent.clear()
        return news

    def _is_own_typing(self, news: RoomNews) -> bool:
        return isinstance(news, Typing) and news.sender.id == self._viewer.user_id


class RoomStreams:
    """The streams of this process. Used in the event loop only."""

    def __init__(self) -> None:
        self._listeners: set[RoomListener] = set()
        self.is_closed = False

    def __len__(self) -> int:
        return len(self._listeners)

    @contextmanager
    def hear_room(self, viewer: RoomViewer, number: int) -> Iterator[RoomListener]:
        """Hear the changes of a viewer's room above a number as long as the block lasts."""
        listener = RoomListener(viewer)
        self._listeners.add(listener)
        room_feed.hear_room(listener, viewer.tenant_id, viewer.room_id, number)
        try:
            yield listener
        finally:
            room_feed.leave_room(listener, viewer.room_id)
            self._listeners.discard(listener)

    def close_all_streams(self) -> None:
        """End all streams, because this process is about to end."""
        self.is_closed = True
        for listener in self._listeners:
            listener.wake_up()


room_streams = RoomStreams()
"""The streams of this process."""


def build_stream_response(request: HttpRequest, room: Room) -> HttpResponseBase:
    """Return the stream of a room that the request's user may see, from the change on that the page knows of.

    A server that cannot stream answers that there is nothing, and the page does not ask again.
    """
    if not isinstance(request, ASGIRequest):
        return HttpResponse(status=204)
    known, viewer = _read_known_number(request), RoomViewer.of_request(request, room)
    number = room.number if known is None else min(known, room.number)
    try:
        streams.check_stream_limits(viewer.audience)
    except (StreamLimitReached, TooManyStreams) as error:
        status = 429 if error.kind is Kind.TOO_MANY else 503
        return HttpResponse(error.title, status=status, headers={"Retry-After": str(error.retry_after)})
    if room.number - number > MAX_MISSED:
        return HttpResponse(ENDED, headers=HEADERS)
    return StreamingHttpResponse(stream_room_news(viewer, number), headers=HEADERS)


def _read_known_number(request: HttpRequest) -> int | None:
    """Return the number of the newest change that the page knows of: of its last message, or as it was loaded."""
    last = parse_row_number(request.META.get("HTTP_LAST_EVENT_ID", ""))
    return parse_row_number(request.GET.get("after", "")) if last is None else last


async def stream_room_news(viewer: RoomViewer, number: int) -> AsyncIterator[bytes]:
    """Yield what happens in a room above a number, and a comment where nothing happens for long.

    It ends when the room is closed, when the viewer has lost their right, after some minutes, or when the server stops;
    and at once where others have opened the last stream of a limit since the limits were checked.
    """
    with (
        suppress(StreamLimitReached, TooManyStreams),
        streams.count_open_stream(viewer.audience),
        room_streams.hear_room(viewer, number) as listener,
    ):
        yield RETRY
        read_seconds = asyncio.get_running_loop().time
        ends = read_seconds() + MAX_SECONDS
        look_at = read_seconds() + LOOK_SECONDS
        while not (room_streams.is_closed or listener.is_overrun) and read_seconds() < ends:
            news = await listener.wait_for_news(max(0.0, look_at - read_seconds()))
            if news:
                yield b"".join(_format_event(item, viewer) for item in news)
            if any(isinstance(item, RoomClosed) for item in news):
                return
            if read_seconds() >= look_at:
                look_at = read_seconds() + LOOK_SECONDS
                if not await _has_right(viewer):
                    yield ENDED
                    return
                yield COMMENT


async def _has_right(viewer: RoomViewer) -> bool:
    """Return whether the viewer may go on; an outage of the database changes no right."""
    try:
        return await run_in_reader(viewer.has_right)
    except Error:
        return True


def _format_event(news: RoomNews, viewer: RoomViewer) -> bytes:
    name, data = _describe_news(news, viewer)
    number = f"id: {news.message.number}\n" if isinstance(news, MessageSent) else ""
    return b"%bevent: %b\ndata: %b\n\n" % (number.encode(), name.encode(), orjson.dumps(data))


def _describe_news(news: RoomNews, viewer: RoomViewer) -> tuple[str, dict[str, Any]]:
    match news:
        case MessageSent(message=message):
            line = MessageLine(message)
            html = render_to_string("admin/chat/room/message.html", {"line": line})
            told = {"id": message.id, "day": line.sent_day, "dayText": line.day_text, "isAnswer": line.is_answer}
            return "message", told | {"html": html}
        case AgentAssigned(agent=agent):
            return "agent", {"name": agent.name, "isViewer": agent.id == viewer.user_id}
        case MessageRead(message_id=message_id, reader=reader):
            return "read", {"id": message_id, "isCustomer": reader.id == viewer.customer_id}
        case Typing(sender=sender, is_typing=is_typing):
            return "typing", {"name": sender.name, "isTyping": is_typing}
        case RoomClosed():
            return "closed", {}

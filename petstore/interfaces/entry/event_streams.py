"""An order's events as server-sent events: so far, and then live (contract, SSE; HTML, Server-sent events)."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing, suppress
from typing import Final
from uuid import UUID

import orjson
from django.core.handlers.asgi import ASGIRequest
from django.db import Error
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from kernel import ids
from kernel.errors import DomainError
from petstore.interfaces.entry.order_listeners import FeedListener, follow_order_feed
from petstore.interfaces.live.feed import FeedItem, has_feed_ended, list_items_after
from petstore.interfaces.live.poller import order_poller
from petstore.interfaces.live.streams import StreamLimitReached, TooManyStreams, streams

MAX_SECONDS = 300.0
"""Then the stream ends, and the caller connects again."""
MEDIA_TYPE: Final = "text/event-stream"
COMMENT: Final = b":\n\n"
RETRY_LIVE: Final = b"retry: 1000\n\n"
RETRY_AT_ONCE: Final = b"retry: 3000\n\n"
"""After how many milliseconds to connect again: to a server that streams, and to one that cannot."""
_HEADERS: Final = {"Content-Type": MEDIA_TYPE, "X-Accel-Buffering": "no"}


def respond_with_events(
    request: HttpRequest, listener: FeedListener, tenant_id: UUID, feed: Sequence[FeedItem]
) -> HttpResponseBase:
    """Respond with the events after Last-Event-ID, and then with what happens; 204 at the end of an ended order.

    Args:
        tenant_id: of the order.
        feed: as the listener may see it now.

    Raises:
        StreamLimitReached, TooManyStreams
    """
    if request.method == "HEAD":
        return _respond_at_once(b"")
    unsent = list_items_after(feed, ids.parse_id(request.META.get("HTTP_LAST_EVENT_ID", "")))
    if has_feed_ended(feed):
        return _respond_at_once(RETRY_LIVE + _format_feed_items(unsent)) if unsent else _respond_with_end()
    if not isinstance(request, ASGIRequest):
        return _respond_at_once(RETRY_AT_ONCE + _format_feed_items(unsent))
    streams.check_stream_limits(listener.audience)
    chunks = _stream_feed_items(listener, tenant_id, feed, _format_feed_items(unsent))
    return StreamingHttpResponse(chunks, headers=_HEADERS)


def _respond_at_once(body: bytes) -> HttpResponse:
    """Answer with a stream that has ended already."""
    return HttpResponse(body, headers=_HEADERS)


def _respond_with_end() -> HttpResponse:
    response = HttpResponse(status=204)
    del response.headers["Content-Type"]
    return response


def _format_feed_items(items: Iterable[FeedItem]) -> bytes:
    return b"".join(
        b"id: %b\nevent: %b\ndata: %b\n\n" % (str(item.id).encode(), item.event_type.encode(), orjson.dumps(item.data))
        for item in items
    )


async def _stream_feed_items(
    listener: FeedListener, tenant_id: UUID, feed: Sequence[FeedItem], first: bytes
) -> AsyncIterator[bytes]:
    """Yield the rest of a feed as it happens, and a comment where nothing happens for long.

    The stream ends at once where others have opened the last stream of a limit since the limits were checked. What the
    request would be refused with by now ends it, too: the answer has begun and can do nothing else.
    """
    with (
        suppress(StreamLimitReached, TooManyStreams),
        streams.count_open_stream(listener.audience),
        order_poller.watch_order(tenant_id, listener.order_id) as watch,
    ):
        yield RETRY_LIVE + first
        with suppress(DomainError, Error):
            seconds = listener.count_seconds_left(MAX_SECONDS)
            async with aclosing(follow_order_feed(listener, watch, feed, seconds)) as news:
                async for unsent in news:
                    yield _format_feed_items(unsent) or COMMENT

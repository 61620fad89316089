"""/v1/orders/{id}/events (contract, SSE): an order's events so far, and then live (HTML, Server-sent events)."""

from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import aclosing, suppress
from typing import ClassVar
from uuid import UUID

import orjson
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from kernel import ids
from kernel.access import UseCase
from kernel.errors import DomainError
from orders.queries import get_order
from petstore.interfaces.entry.order_listeners import OrderListener, follow_order_feed
from petstore.interfaces.http.callers import credentials_of_request, peer_of_request, tenant_header_of
from petstore.interfaces.live.feed import FeedItem, has_feed_ended, list_items_after, read_order_feed
from petstore.interfaces.live.poller import order_poller
from petstore.interfaces.live.streams import StreamLimitReached, TooManyStreams, streams
from petstore.interfaces.rest.openapi.error_responses import describe_unavailable_response
from petstore.interfaces.rest.renderers import EventStreamRenderer, Response
from petstore.interfaces.rest.viewsets import ApiViewSet
from tenants.scoping import current_tenant_id

MAX_SECONDS = 300.0
"""Then the stream ends, and the caller connects again."""
COMMENT = b":\n\n"
RETRY_LIVE, RETRY_AT_ONCE = b"retry: 1000\n\n", b"retry: 3000\n\n"
"""After how many milliseconds to connect again: to a server that streams, and to one that cannot."""


class OrderEventsViewSet(ApiViewSet):
    """An order's events, for callers who may read the order."""

    resource = "orders"
    renderer_classes = (EventStreamRenderer,)
    use_cases: ClassVar[dict[str, UseCase]] = {"stream_events": get_order}

    @extend_schema(
        operation_id="streamOrderEvents",
        parameters=[
            OpenApiParameter(
                "Last-Event-ID",
                OpenApiTypes.STR,
                OpenApiParameter.HEADER,
                description="The `id` of the last event that the caller has; anything else tells the whole story.",
            )
        ],
        responses={
            (200, "text/event-stream"): OpenApiResponse(OpenApiTypes.STR, description="The events."),
            204: OpenApiResponse(description="The order is at its end and the caller has every event: do not ask on."),
            503: describe_unavailable_response("Too many streams are open."),
        },
    )
    def stream_events(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Hear an order's events and its payments', from the first or after Last-Event-ID, and then live.

        `id` is the event's id, `event` its type (`order.statusChanged`, `payment.succeeded`, `payment.failed`), `data`
        what a webhook has as `data`. The stream ends with the order (DELIVERED, CANCELLED), or after some minutes;
        a caller who connects again with Last-Event-ID misses nothing. A server that cannot stream sends the events so
        far, and `retry` says when to ask again. The streams of an order, a person and an address are limited: 429.
        """
        get_order(order_id, actor=self.actor)
        if request.method == "HEAD":
            return _respond_at_once(b"")
        feed = read_order_feed(order_id)
        last = ids.parse_id(request.META.get("HTTP_LAST_EVENT_ID", ""))
        unsent = list_items_after(feed, last)
        if has_feed_ended(feed):
            return _respond_at_once(RETRY_LIVE + _format_feed_items(unsent)) if unsent else Response(status=204)
        if not isinstance(request._request, ASGIRequest):
            return _respond_at_once(RETRY_AT_ONCE + _format_feed_items(unsent))
        listener = OrderListener.of_actor(
            order_id,
            self.actor,
            credentials=credentials_of_request(request._request),
            tenant=tenant_header_of(request._request),
            peer=peer_of_request(request._request),
        )
        streams.check_stream_limits(listener.audience)
        chunks = _stream_feed_items(listener, current_tenant_id(), feed, _format_feed_items(unsent))
        return StreamingHttpResponse(chunks, headers=_HEADERS)


_HEADERS = {"Content-Type": EventStreamRenderer.media_type, "X-Accel-Buffering": "no"}


def _respond_at_once(body: bytes) -> HttpResponse:
    """Answer with a stream that has ended already."""
    return HttpResponse(body, headers=_HEADERS)


def _format_feed_items(items: Iterable[FeedItem]) -> bytes:
    return b"".join(
        b"id: %b\nevent: %b\ndata: %b\n\n" % (str(item.id).encode(), item.event_type.encode(), orjson.dumps(item.data))
        for item in items
    )


async def _stream_feed_items(
    listener: OrderListener, tenant_id: UUID, feed: Sequence[FeedItem], first: bytes
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
        with suppress(DomainError, DatabaseError):
            seconds = listener.count_seconds_left(MAX_SECONDS)
            async with aclosing(follow_order_feed(listener, watch, feed, seconds)) as news:
                async for unsent in news:
                    yield _format_feed_items(unsent) or COMMENT

"""/v1/orders/{id}/events (contract, SSE): an order's events so far, and then live (HTML, Server-sent events)."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from kernel import ids
from kernel.access import UseCase, access_of
from kernel.actor import Actor
from kernel.caller import Credentials, Peer
from kernel.errors import DomainError
from orders.queries import get_order
from petstore.interfaces.calls import enter_tenant, read_token_claims
from petstore.interfaces.http.callers import credentials_of_request, peer_of_request, tenant_header_of
from petstore.interfaces.live.feed import FeedItem, has_feed_ended, list_items_after, read_order_feed
from petstore.interfaces.live.poller import order_poller, run_in_reader
from petstore.interfaces.live.streams import Audience, StreamLimitReached, TooManyStreams, streams
from petstore.interfaces.rest.openapi.error_responses import describe_unavailable_response
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.viewsets import ApiViewSet
from tenants.scoping import current_tenant_id

KEEP_ALIVE_SECONDS = 15.0
MAX_SECONDS = 300.0
"""Then the stream ends, and the caller connects again."""
COMMENT = b":\n\n"
RETRY_LIVE, RETRY_AT_ONCE = b"retry: 1000\n\n", b"retry: 3000\n\n"
"""After how many milliseconds to connect again: to a server that streams, and to one that cannot."""


@dataclass(frozen=True, slots=True)
class OrderListener:
    """The caller of a stream, who is let in anew each time the stream reads on.

    Attributes:
        tenant: X-Tenant-ID, as the caller wrote it.
        audience: for whom the stream is counted.
        seconds: how long to stream: until the token expires, if that is soon.
    """

    order_id: UUID
    credentials: Credentials
    tenant: str | None
    peer: Peer
    audience: Audience
    seconds: float

    @classmethod
    def of_http_request(cls, request: HttpRequest, order_id: UUID, actor: Actor) -> "OrderListener":
        """Make one of a request that was let in."""
        credentials, audience = credentials_of_request(request), Audience.of_actor(order_id, actor)
        claims = read_token_claims(credentials)
        seconds = min(MAX_SECONDS, claims.expires_at - time.time()) if claims else MAX_SECONDS
        return cls(order_id, credentials, tenant_header_of(request), peer_of_request(request), audience, seconds)

    def read_visible_feed(self) -> list[FeedItem]:
        """Return the feed as it is now; raises what the request would be refused with, were it made now."""
        with enter_tenant(self.credentials, access_of(get_order), self.tenant, self.peer) as actor:
            get_order(self.order_id, actor=actor)
            return read_order_feed(self.order_id)


class EventStreamRenderer(BaseRenderer):
    """Name the media type that Accept is compared with; the view writes the stream itself."""

    media_type = "text/event-stream"
    format = "sse"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        return data


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
        listener = OrderListener.of_http_request(request._request, order_id, self.actor)
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

    The stream ends at once where others have opened the last stream of a limit since the limits were checked.
    """
    ends = asyncio.get_running_loop().time() + listener.seconds
    with (
        suppress(StreamLimitReached, TooManyStreams),
        streams.count_open_stream(listener.audience),
        order_poller.watch_order(tenant_id, listener.order_id) as watch,
    ):
        yield RETRY_LIVE + first
        sent = {item.id for item in feed}
        while not (has_feed_ended(feed) or order_poller.is_closed) and asyncio.get_running_loop().time() < ends:
            await watch.wait_for_news(KEEP_ALIVE_SECONDS)
            if order_poller.is_closed:  # the caller connects again, perhaps to another process, and misses nothing
                return
            try:
                feed = await run_in_reader(listener.read_visible_feed)
            except (DomainError, DatabaseError):  # the answer has begun: it can do nothing but end
                return
            unsent = [item for item in feed if item.id not in sent]
            sent.update(item.id for item in unsent)
            yield _format_feed_items(unsent) or COMMENT

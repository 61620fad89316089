"""/v1/orders/{id}/events (contract, SSE): an order's story, and then its news (HTML standard, Server-sent events)."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Any, ClassVar
from uuid import UUID

import orjson
from django.core.handlers.asgi import ASGIRequest
from django.db import DatabaseError
from django.http import HttpResponse, HttpResponseBase, StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

from accounts.queries import authenticate_bearer, require_entry
from accounts.tokens import Claims
from kernel import ids
from kernel.access import UseCase
from kernel.actor import Actor
from kernel.errors import DomainError
from orders.queries import order_for
from petstore.interfaces.live.feed import FeedItem, has_ended, items_after, order_feed
from petstore.interfaces.live.poller import order_poller, run_in_reader
from petstore.interfaces.live.streams import Audience, StreamLimitReached, TooManyStreams, streams
from petstore.interfaces.rest.authentication import bearer_claims
from petstore.interfaces.rest.openapi.error_responses import describe_unavailability
from petstore.interfaces.rest.renderers import Response
from petstore.interfaces.rest.viewsets import ApiViewSet
from tenants.queries import resolve_tenant
from tenants.scoping import current_tenant_id, tenant_scope

KEEP_ALIVE_SECONDS = 15.0
LONGEST_SECONDS = 300.0
"""Then the stream ends, and the caller connects again."""
COMMENT = b":\n\n"
RETRY_LIVE, RETRY_AT_ONCE = b"retry: 1000\n\n", b"retry: 3000\n\n"
"""After how many milliseconds to connect again: to a server that streams, and to one that cannot."""


@dataclass(frozen=True, slots=True)
class Listener:
    """Who listens to which order, and by what right."""

    order_id: UUID
    tenant_id: UUID
    tenant_header: str | None
    claims: Claims | None
    actor: Actor

    @classmethod
    def of(cls, request: Request, order_id: UUID, actor: Actor) -> "Listener":
        """The caller of a request, in its scope."""
        header = request._request.headers.get("X-Tenant-ID")
        return cls(order_id, current_tenant_id(), header, bearer_claims(request._request), actor)

    @property
    def audience(self) -> Audience:
        """Return the audience that the stream is counted for."""
        return Audience.of_actor(self.order_id, self.actor)

    @property
    def seconds(self) -> float:
        """How long to listen: until the token ends, if that is soon."""
        return min(LONGEST_SECONDS, self.claims.expires_at - time.time()) if self.claims else LONGEST_SECONDS

    def look(self) -> list[FeedItem]:
        """The story as it is now; raises what the request would be refused with, were it made now."""
        tenant = resolve_tenant(self.tenant_header)
        with tenant_scope(self.tenant_id):
            actor = replace(self.actor, role=authenticate_bearer(self.claims).role) if self.claims else self.actor
            require_entry(tenant, actor)
            order_for(self.order_id, actor=actor)
            return order_feed(self.order_id)


class EventStreamRenderer(BaseRenderer):
    """What Accept is compared with; the view writes the stream itself."""

    media_type = "text/event-stream"
    format = "sse"

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping[str, Any] | None = None
    ) -> Any:
        return data


class OrderEventsViewSet(ApiViewSet):
    """An order's events: heard by whoever may read the order."""

    resource = "orders"
    renderer_classes = (EventStreamRenderer,)
    use_cases: ClassVar[dict[str, UseCase]] = {"stream": order_for}

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
            503: describe_unavailability("Too many streams are open."),
        },
    )
    def stream(self, request: Request, order_id: UUID) -> HttpResponseBase:
        """Hear an order's events and its payments', from the first or after Last-Event-ID, and then live.

        `id` is the event's id, `event` its type (`order.statusChanged`, `payment.succeeded`, `payment.failed`), `data`
        what a webhook has as `data`. The stream ends with the order (DELIVERED, CANCELLED), or after some minutes;
        whoever connects again with Last-Event-ID misses nothing. A server that cannot stream tells what there is, and
        `retry` says when to ask again. An order, a person and an address have so many
        streams and no more: 429.
        """
        order_for(order_id, actor=self.actor)
        if request.method == "HEAD":
            return _whole(b"")
        story = order_feed(order_id)
        last = ids.parse_id(request.META.get("HTTP_LAST_EVENT_ID", ""))
        fresh = items_after(story, last)
        if has_ended(story):
            return _whole(RETRY_LIVE + _written(fresh)) if fresh else Response(status=204)
        if not isinstance(request._request, ASGIRequest):
            return _whole(RETRY_AT_ONCE + _written(fresh))
        listener = Listener.of(request, order_id, self.actor)
        streams.check_limits(listener.audience)
        chunks = _live(listener, story, _written(fresh))
        return StreamingHttpResponse(chunks, headers=_HEADERS)


_HEADERS = {"Content-Type": EventStreamRenderer.media_type, "X-Accel-Buffering": "no"}


def _whole(body: bytes) -> HttpResponse:
    """A stream that has ended already."""
    return HttpResponse(body, headers=_HEADERS)


def _written(story: Sequence[FeedItem]) -> bytes:
    return b"".join(
        b"id: %b\nevent: %b\ndata: %b\n\n" % (str(told.id).encode(), told.event_type.encode(), orjson.dumps(told.data))
        for told in story
    )


async def _live(listener: Listener, story: Sequence[FeedItem], first: bytes) -> AsyncIterator[bytes]:
    """The rest of a story as it happens; a comment where nothing happens for long.

    It ends at once where others have taken the last room since it was looked whether there is any.
    """
    ends = asyncio.get_running_loop().time() + listener.seconds
    with (
        suppress(StreamLimitReached, TooManyStreams),
        streams.count_stream(listener.audience),
        order_poller.watch_order(listener.tenant_id, listener.order_id) as watch,
    ):
        yield RETRY_LIVE + first
        heard = {told.id for told in story}
        while not (has_ended(story) or order_poller.is_closed) and asyncio.get_running_loop().time() < ends:
            await watch.wait_for_news(KEEP_ALIVE_SECONDS)
            if order_poller.is_closed:  # the caller connects again, perhaps to another process, and misses nothing
                return
            try:
                story = await run_in_reader(listener.look)
            except (DomainError, DatabaseError):  # the answer has begun: it can do nothing but end
                return
            fresh = [told for told in story if told.id not in heard]
            heard.update(told.id for told in fresh)
            yield _written(fresh) or COMMENT

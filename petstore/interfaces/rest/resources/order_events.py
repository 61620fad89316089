"""/v1/orders/{id}/events (contract, SSE): an order's events so far, and then live."""

from typing import ClassVar
from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework.request import Request

from kernel.access import UseCase
from orders.queries import get_order
from petstore.interfaces.entry.event_streams import respond_with_events
from petstore.interfaces.entry.order_listeners import OrderListener
from petstore.interfaces.http.callers import credentials_of_request, peer_of_request, tenant_header_of
from petstore.interfaces.live.feed import read_order_feed
from petstore.interfaces.rest.openapi.error_responses import describe_unavailable_response
from petstore.interfaces.rest.renderers import EventStreamRenderer
from petstore.interfaces.rest.viewsets import ApiViewSet
from tenants.scoping import current_tenant_id


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
        listener = OrderListener.of_actor(
            order_id,
            self.actor,
            credentials=credentials_of_request(request._request),
            tenant=tenant_header_of(request._request),
            peer=peer_of_request(request._request),
        )
        return respond_with_events(request._request, listener, current_tenant_id(), read_order_feed(order_id))

"""The page that follows an order, behind its signed link (contract, Tracking)."""

from functools import partial
from typing import Final
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from orders.errors import OrderNotFound
from orders.states import Status
from orders.tracked_orders import get_tracked_order, open_tracked_tenant
from petstore.interfaces.entry.event_streams import respond_with_events
from petstore.interfaces.entry.order_listeners import LinkListener
from petstore.interfaces.http.callers import peer_of_request
from petstore.interfaces.live.feed import FINAL_STATUSES
from petstore.interfaces.live.streams import StreamLimitReached, TooManyStreams
from petstore.interfaces.pages.secret_links import HEADERS, render_closed_store
from tenants.errors import TenantSuspended

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_render_closed: Final = partial(render_closed_store, "How far its orders are")
_SENTENCES: Final = {
    Status.PLACED: "The store has your order.",
    Status.APPROVED: "Your order is confirmed, and is being made ready.",
    Status.SHIPPED: "On the way to you.",
    Status.DELIVERED: "Delivered. Welcome home!",
    Status.CANCELLED: "This order was cancelled.",
}


@require_safe
def show_tracking_page(_request: HttpRequest, order_id: UUID, key: str) -> HttpResponse:
    """Show how far an order is; any invalid link is answered by 404."""
    try:
        tracked = get_tracked_order(order_id, key)
    except OrderNotFound as error:
        raise Http404 from error
    except TenantSuspended:
        return _render_closed()
    context = {
        "tracked": tracked,
        "sentence": _SENTENCES[tracked.status],
        "is_live": tracked.status not in FINAL_STATUSES,
        "is_cancelled": tracked.status is Status.CANCELLED,
    }
    page = render_to_string("tracking.html", context)
    return HttpResponse(page, headers=HEADERS | {"Content-Security-Policy": CONTENT_SECURITY_POLICY})


@require_safe
def stream_tracking_events(request: HttpRequest, order_id: UUID, key: str) -> HttpResponseBase:
    """Stream the steps of the order, from the first or after Last-Event-ID, and then live, until its end."""
    listener = LinkListener.of_peer(order_id, key, peer_of_request(request))
    try:
        feed = listener.read_visible_feed()
        with open_tracked_tenant(order_id, key) as tenant:
            response = respond_with_events(request, listener, tenant.id, feed)
    except OrderNotFound as error:
        raise Http404 from error
    except TenantSuspended:
        return _render_closed()
    except (StreamLimitReached, TooManyStreams) as error:
        status = 429 if isinstance(error, StreamLimitReached) else 503
        response = HttpResponse(f"{error.detail}\n", status=status, content_type="text/plain; charset=utf-8")
        response["Retry-After"] = str(error.retry_after)
    for name, value in HEADERS.items():
        response[name] = value
    return response

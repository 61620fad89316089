"""WatchOrder: an order's story so far, and then what happens (contract, gRPC)."""

import asyncio
from collections.abc import Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, Final
from uuid import UUID

import grpc
from django.db import Error

from kernel import ids
from kernel.errors import DomainError, Kind
from orders.errors import OrderNotFound
from orders.queries import get_order
from petstore.interfaces.calls import read_token_claims
from petstore.interfaces.entry.order_listeners import OrderListener, follow_order_feed
from petstore.interfaces.grpc.calls import ArrivedCall, Context, CountCall, open_arrived_call
from petstore.interfaces.grpc.events import build_order_event
from petstore.interfaces.grpc.metadata import CallHead
from petstore.interfaces.grpc.outlets import MessageOutlet
from petstore.interfaces.grpc.requests.values import parse_row_id
from petstore.interfaces.grpc.stubs import orders_pb2
from petstore.interfaces.grpc.wire import parse_message
from petstore.interfaces.live.feed import FeedItem, has_feed_ended, list_items_after, read_order_feed
from petstore.interfaces.live.poller import order_poller
from petstore.interfaces.live.streams import streams
from petstore.server.request_pool import RequestPool, run_with_connection
from tenants.scoping import current_tenant_id

WATCH_ORDER: Final = "/petstore.v1.OrderService/WatchOrder"
MAX_SECONDS: Final = 3600.0
"""Then the watch ends, and the client watches again."""


class WatchAgain(DomainError):
    """The watch ends before its order does: the server has to go, or the watch is an hour old."""

    kind = Kind.UNAVAILABLE
    code = "watch_again"
    title = "Watch again after the last event that you have"
    retry_after = 1


@dataclass(frozen=True, slots=True)
class WatchedOrder:
    """An order whose watch was granted.

    Attributes:
        feed: its events before the watch.
        unsent: those that the client does not have.
    """

    tenant_id: UUID
    listener: OrderListener
    feed: Sequence[FeedItem]
    unsent: Sequence[FeedItem]


class OrderWatches:
    """The watches of one process.

    Args:
        pool: the request threads, in one of which a watch begins.
    """

    def __init__(self, pool: RequestPool, count_call: CountCall) -> None:
        self._pool, self._count_call = pool, count_call

    def build_handler(self) -> "grpc.RpcMethodHandler[bytes, bytes]":
        """Build what grpcio calls as soon as a call's head is there, as for unary calls."""
        return grpc.stream_stream_rpc_method_handler(self._serve_watch)

    async def _serve_watch(self, _requests: Any, context: Context) -> None:
        call = ArrivedCall.from_context(WATCH_ORDER, context)
        has_head = False
        try:
            raw = await call.receive_request()
            watched = await self._pool.run_job(
                partial(run_with_connection, partial(_begin_watch, raw, call.head)), is_new=True
            )
            with streams.count_open_stream(watched.listener.audience):
                await call.send_initial_metadata()
                has_head = True
                await _tell_events(watched, context)
            call.status = grpc.StatusCode.OK
        except TimeoutError:
            await call.refuse_as_too_late()
        except Error as error:
            await call.refuse_with_error(WatchAgain() if has_head else error, has_head=has_head)
        except Exception as error:  # noqa: BLE001  # grpcio would tell the caller the class's name
            await call.refuse_with_error(error, has_head=has_head)
        finally:
            call.count_ended_call(self._count_call)


def _begin_watch(raw: bytes, head: CallHead) -> WatchedOrder:
    """Let the caller in and read the order's story, in a request thread."""
    with open_arrived_call(head, get_order) as actor:
        request = parse_message(orders_pb2.WatchOrderRequest, raw)
        order_id = parse_row_id(request.id, OrderNotFound)
        get_order(order_id, actor=actor)
        listener = OrderListener.of_actor(
            order_id, actor, credentials=head.credentials, tenant=head.tenant, peer=head.peer
        )
        streams.check_stream_limits(listener.audience)
        feed = read_order_feed(order_id)
        unsent = list_items_after(feed, ids.parse_id(request.after_event_id))
        return WatchedOrder(current_tenant_id(), listener, feed, unsent)


async def _tell_events(watched: WatchedOrder, context: Context) -> None:
    """Send events until the order's end; raises WatchAgain, and what takes the caller's right away."""
    outlet = MessageOutlet(context.write)
    try:
        await _send_items(outlet, watched.unsent)
        if not has_feed_ended(watched.feed):
            await _follow_news(watched, outlet)
        await outlet.send_rest()
    finally:
        await outlet.close()


async def _follow_news(watched: WatchedOrder, outlet: MessageOutlet) -> None:
    listener, has_ended = watched.listener, False
    with order_poller.watch_order(watched.tenant_id, listener.order_id) as watch:
        seconds = listener.count_seconds_left(MAX_SECONDS)
        async with aclosing(follow_order_feed(listener, watch, watched.feed, seconds)) as news:
            async for items in news:
                await _send_items(outlet, items)
                has_ended = has_ended or has_feed_ended(items)
    if not has_ended:
        await outlet.send_rest()
        read_token_claims(listener.credentials)  # it may have expired this moment
        raise WatchAgain


async def _send_items(outlet: MessageOutlet, items: Iterable[FeedItem]) -> None:
    for item in items:
        await outlet.send_message(build_order_event(item).SerializeToString())
        await asyncio.sleep(0)  # others are served between the events of a long story

"""Watch orders: a notification at each of an order's events, until it is at its end (contract, MCP)."""

from collections.abc import Sequence
from contextlib import ExitStack, aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

import anyio
from django.db import Error
from mcp.server.context import ServerRequestContext
from mcp.server.subscriptions import InMemorySubscriptionBus, ListenHandler, ResourceUpdated, ServerEvent
from mcp_types import SubscriptionFilter, SubscriptionsListenRequestParams, SubscriptionsListenResult

from kernel.actor import Actor
from kernel.errors import DomainError
from orders.queries import get_order
from petstore.interfaces.entry.order_listeners import OrderListener, follow_order_feed
from petstore.interfaces.live.feed import FeedItem, read_order_feed
from petstore.interfaces.live.poller import OrderWatch, order_poller
from petstore.interfaces.live.streams import streams
from petstore.interfaces.mcp.callers import Caller
from petstore.interfaces.mcp.contexts import find_caller
from petstore.interfaces.mcp.refusals import build_protocol_error
from petstore.interfaces.mcp.resources import KINDS, find_resource_kind, parse_resource_id
from tenants.scoping import current_tenant_id

MAX_SECONDS = 3600.0
"""Then the watch ends, and the client watches again."""


@dataclass(frozen=True, slots=True)
class WatchedOrder:
    """An order that a client watches.

    Attributes:
        feed: its events before the watch.
    """

    uri: str
    tenant_id: UUID
    listener: OrderListener
    feed: Sequence[FeedItem]


class OneStreamBus(InMemorySubscriptionBus):
    """The bus of one stream.

    Attributes:
        is_heard: somebody listens, so that what is published is not lost.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_heard = anyio.Event()

    def subscribe(self, listener: Any) -> Any:
        unsubscribe = super().subscribe(listener)
        self.is_heard.set()
        return unsubscribe


class OrdersStream:
    """One answer to `subscriptions/listen`.

    Args:
        orders: that the client watches.
    """

    def __init__(self, orders: Sequence[WatchedOrder]) -> None:
        self._orders = orders
        self._bus = OneStreamBus()
        self._handler = ListenHandler(self._bus)
        self._error: DomainError | None = None

    async def serve_stream(
        self, context: ServerRequestContext[Any], params: SubscriptionsListenRequestParams
    ) -> SubscriptionsListenResult:
        """Acknowledge, notify and come to an end, as the library writes it.

        Raises:
            DomainError: the caller may no longer see an order, or has as many streams as they may.
        """
        honored = SubscriptionFilter(resource_subscriptions=[order.uri for order in self._orders])
        with ExitStack() as opened:
            watches = [self._open_watch(opened, order) for order in self._orders]
            async with anyio.create_task_group() as tasks:
                _ = tasks.start_soon(self._follow_all_orders, watches)
                result = await self._handler(context, params.model_copy(update={"notifications": honored}))
                tasks.cancel_scope.cancel()
        if self._error is not None:
            raise self._error
        return result

    def _open_watch(self, opened: ExitStack, order: WatchedOrder) -> OrderWatch:
        opened.enter_context(streams.count_open_stream(order.listener.audience))
        return opened.enter_context(order_poller.watch_order(order.tenant_id, order.listener.order_id))

    async def _follow_all_orders(self, watches: Sequence[OrderWatch]) -> None:
        await self._bus.is_heard.wait()
        async with anyio.create_task_group() as tasks:
            for order, watch in zip(self._orders, watches, strict=True):
                _ = tasks.start_soon(self._follow_order, order, watch)
        self._handler.close()

    async def _follow_order(self, order: WatchedOrder, watch: OrderWatch) -> None:
        """Notify of one order's events; whatever takes the caller's right to it ends the whole stream."""
        try:
            async with aclosing(follow_order_feed(order.listener, watch, order.feed, MAX_SECONDS)) as news:
                async for items in news:
                    await self._notify(order, len(items))
        except DomainError as error:
            self._error = error
            self._handler.close()
        except Error:  # the client watches again, and reads the order anew
            self._handler.close()

    async def _notify(self, order: WatchedOrder, times: int) -> None:
        event: ServerEvent = ResourceUpdated(uri=order.uri)
        for _ in range(times):
            await self._bus.publish(event)


async def listen_to_orders(
    context: ServerRequestContext[Any], params: SubscriptionsListenRequestParams
) -> SubscriptionsListenResult:
    """Serve `subscriptions/listen`: of all that a client may ask for, orders are what changes here."""
    caller = find_caller(context)
    asked = dict.fromkeys(params.notifications.resource_subscriptions or ())
    uris = [uri for uri in asked if find_resource_kind(uri) is KINDS["orders"]]
    try:
        orders = [await caller.perform_use_case(get_order, partial(_begin_watch, uri, caller)) for uri in uris]
        return await OrdersStream(orders).serve_stream(context, params)
    except (DomainError, Error) as error:
        raise build_protocol_error(error, caller.peer.request_id) from error


def _begin_watch(uri: str, caller: Caller, actor: Actor) -> WatchedOrder:
    order_id = parse_resource_id(uri)
    get_order(order_id, actor=actor)
    listener = OrderListener.of_actor(
        order_id, actor, credentials=caller.credentials, tenant=caller.tenant_header, peer=caller.peer
    )
    streams.check_stream_limits(listener.audience)
    return WatchedOrder(uri, current_tenant_id(), listener, read_order_feed(order_id))

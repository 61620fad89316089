"""Serve the events of an order: its story so far, and then live (contract, WebSocket)."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from functools import partial
from typing import Any, ClassVar, Final
from uuid import UUID

from kernel import ids
from kernel.errors import DomainError, Kind
from orders.errors import OrderNotFound
from orders.queries import get_order
from petstore.interfaces.calls import read_token_claims
from petstore.interfaces.entry.order_listeners import OrderListener, follow_order_feed
from petstore.interfaces.entry.socket_callers import SocketCaller
from petstore.interfaces.live.feed import FeedItem, has_feed_ended, list_items_after, read_order_feed
from petstore.interfaces.live.poller import OrderWatch, order_poller
from petstore.interfaces.live.streams import streams
from petstore.interfaces.representation.compilation import compile_representation
from petstore.interfaces.representation.orders import OrderOutput
from petstore.interfaces.websocket.conversations import (
    LET_IN,
    AuthTooLate,
    Conversation,
    hold_conversation,
)
from petstore.interfaces.websocket.frames import ORDER_CLIENT_FRAMES, ClientFrame
from petstore.interfaces.websocket.handshakes import confirm_caller
from petstore.interfaces.websocket.sent_frames import build_event_frame
from petstore.server.web_sockets import RESTARTING, WebSocket
from petstore.settings.addresses import ORDER_SOCKET_PATH
from tenants.scoping import current_tenant_id

THE_END: Final = 1000
WATCH_SECONDS: Final = 3600.0
"""Then the socket ends, and the client connects again."""
OTHER_TENANT_SECONDS: Final = 3.0
"""The time for an `auth` frame that names the tenant of an order which the shared pool does not have."""

_represent_order: Final = compile_representation(OrderOutput)


async def serve_socket(socket: WebSocket) -> None:
    """Serve one socket of an order to its end; raises Refused where the handshake is answered as a request."""
    await hold_conversation(socket, get_order, OrderSocket, OrderSocket.route)


@dataclass(frozen=True, slots=True)
class OpenedStory:
    """An order that the caller may watch, as it is when they begin.

    Attributes:
        order: as the frame shows it.
        feed: its events so far.
    """

    listener: OrderListener
    tenant_id: UUID
    order: dict[str, Any]
    feed: Sequence[FeedItem]


def open_story(caller: SocketCaller, order_id: UUID) -> OpenedStory:
    """Let a caller in to an order; called in a request thread. Raises what `calls.enter_tenant` and `get_order` do."""
    with caller.enter_tenant(get_order) as actor:
        order = _represent_order(get_order(order_id, actor=actor))
        feed = read_order_feed(order_id)
        listener = OrderListener.of_actor(
            order_id, actor, credentials=caller.credentials, tenant=caller.tenant, peer=caller.peer
        )
        return OpenedStory(listener, current_tenant_id(), order, feed)


class OrderSocket(Conversation):
    """A client that hears an order."""

    client_frames: ClassVar[Mapping[str, type[ClientFrame]]] = ORDER_CLIENT_FRAMES
    route: ClassVar[str] = ORDER_SOCKET_PATH
    _story: OpenedStory

    async def talk_to_client(self) -> None:
        """Let the caller in to the order, tell its story, and answer frames meanwhile."""
        last = self._read_last_event_id()
        self._story = await self._let_caller_in()
        listener, feed = self._story.listener, self._story.feed
        with (
            streams.count_open_stream(listener.audience),
            order_poller.watch_order(self._story.tenant_id, listener.order_id) as watch,
        ):
            self.count_entry(LET_IN)
            self.reply_to = None
            self.put_frame("watching", order=self._story.order)
            self._tell_events(list_items_after(feed, last))
            following = asyncio.get_running_loop().create_task(self._follow_order(watch))
            try:
                await self.answer_frames()
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)

    async def answer_frame(self, kind: str, values: Mapping[str, Any]) -> None:
        """Take an `auth` frame of the caller who was let in, and of nobody else."""
        listener = self._story.listener
        confirm_caller(SocketCaller(listener.credentials, listener.tenant, listener.peer), values)

    def _read_last_event_id(self) -> UUID | None:
        """Return the event that the client has; what is no UUID is unknown, and the story begins with the first."""
        return ids.parse_id(self.arrival.query.get("lastEventId", ""))

    async def _let_caller_in(self) -> OpenedStory:
        order_id = ids.parse_id(self.socket.path_values["order_id"])
        if order_id is None:
            raise OrderNotFound
        try:
            return await self._open_story(self.arrival.caller, order_id)
        except DomainError as error:
            if not self._may_auth_follow(error):
                raise
            caller = await self._wait_for_caller(error)
        return await self._open_story(caller, order_id)

    def _may_auth_follow(self, error: DomainError) -> bool:
        """Return whether a first frame may say what the handshake has left out: a token, and the tenant with it."""
        caller = self.arrival.caller
        is_elsewhere = error.kind is Kind.NOT_FOUND and caller.tenant is None
        return not self.arrival.has_token and (error.kind is Kind.UNAUTHENTICATED or is_elsewhere)

    async def _wait_for_caller(self, error: DomainError) -> SocketCaller:
        if error.kind is Kind.UNAUTHENTICATED:
            return await self.wait_for_auth()
        try:
            return await self.wait_for_auth(OTHER_TENANT_SECONDS)
        except AuthTooLate:
            raise error from None

    async def _open_story(self, caller: SocketCaller, order_id: UUID) -> OpenedStory:
        return await caller.run_job_in_pool(self.socket.pool, partial(open_story, caller, order_id))

    def _tell_events(self, items: Sequence[FeedItem]) -> None:
        for item in items:
            self.outbox.put_frame(build_event_frame(item))

    async def _follow_order(self, watch: OrderWatch) -> None:
        """Tell what happens until the order is at its end, and close the socket."""
        try:
            if await self._hear_to_the_end(watch):
                self.outbox.close_when_empty(THE_END, "")
            else:
                read_token_claims(self._story.listener.credentials)
                self.outbox.close_when_empty(RESTARTING, "Come again.")
        except Exception as error:  # noqa: BLE001  # as around a view
            self.refuse_caller(error)

    async def _hear_to_the_end(self, watch: OrderWatch) -> bool:
        """Tell what happens; returns whether the order is at its end."""
        listener, feed = self._story.listener, self._story.feed
        has_ended, seconds = has_feed_ended(feed), listener.count_seconds_left(WATCH_SECONDS)
        async with aclosing(follow_order_feed(listener, watch, feed, seconds)) as news:
            async for items in news:
                self._tell_events(items)
                has_ended = has_feed_ended(items)
        return has_ended

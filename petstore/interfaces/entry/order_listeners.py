"""Follow an order for a caller, whose right to it is looked at again each time there may be news (contract, SSE)."""

import asyncio
import time
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from kernel.access import access_of
from kernel.actor import SYSTEM, Actor
from kernel.caller import Credentials, Peer
from orders.queries import get_order
from orders.tracked_orders import open_tracked_tenant
from petstore.interfaces.calls import enter_tenant, read_token_claims
from petstore.interfaces.live.feed import FeedItem, has_feed_ended, read_order_feed
from petstore.interfaces.live.poller import OrderWatch, order_poller, run_in_reader
from petstore.interfaces.live.streams import Audience
from public_events.event_types import EventType

LOOK_SECONDS = 15.0
"""The longest time between two looks at the order and at the caller's right to see it."""
_STEP_FIELDS: Final = ("previousStatus", "newStatus", "changedAt")


@dataclass(frozen=True, slots=True)
class OrderListener:
    """The caller of a stream, who is let in anew each time the stream reads on.

    Attributes:
        tenant: X-Tenant-ID, as the caller wrote it.
        audience: for whom the stream is counted.
    """

    order_id: UUID
    credentials: Credentials
    tenant: str | None
    peer: Peer
    audience: Audience

    @classmethod
    def of_actor(
        cls, order_id: UUID, actor: Actor, *, credentials: Credentials, tenant: str | None, peer: Peer
    ) -> "OrderListener":
        """Make one of a caller who was let in."""
        return cls(order_id, credentials, tenant, peer, Audience.of_actor(order_id, actor))

    def read_visible_feed(self) -> list[FeedItem]:
        """Return the feed as it is now; raises what the call would be refused with, were it made now."""
        with enter_tenant(self.credentials, access_of(get_order), self.tenant, self.peer) as actor:
            get_order(self.order_id, actor=actor)
            return read_order_feed(self.order_id)

    def count_seconds_left(self, most: float) -> float:
        """Return how long to listen: until the token expires, if that is sooner."""
        claims = read_token_claims(self.credentials)
        return min(most, claims.expires_at - time.time()) if claims else most


@dataclass(frozen=True, slots=True)
class LinkListener:
    """The holder of an order's signed link, who hears how far it is: no payments, no person (contract, Tracking).

    Attributes:
        key: the link's.
    """

    order_id: UUID
    key: str
    audience: Audience

    @classmethod
    def of_peer(cls, order_id: UUID, key: str, peer: Peer) -> "LinkListener":
        """Make one of a caller who is known by their address only."""
        return cls(order_id, key, Audience(order_id, peer.network, None))

    def read_visible_feed(self) -> list[FeedItem]:
        """Return the steps of the order; raises what `orders.tracked_orders.get_tracked_order` raises."""
        with open_tracked_tenant(self.order_id, self.key):
            get_order(self.order_id, actor=SYSTEM)
            feed = read_order_feed(self.order_id)
        steps = (item for item in feed if item.event_type == EventType.ORDER_STATUS_CHANGED)
        return [item._replace(data={name: item.data[name] for name in _STEP_FIELDS}) for item in steps]

    def count_seconds_left(self, most: float) -> float:
        """Return `most`: a link does not expire."""
        return most


FeedListener = OrderListener | LinkListener


async def follow_order_feed(
    listener: FeedListener, watch: OrderWatch, feed: Sequence[FeedItem], seconds: float
) -> AsyncGenerator[Sequence[FeedItem], None]:
    """Yield what is new in the feed, and an empty list where nothing is for a while.

    It ends with the order, after so many seconds, or when the server stops.

    Args:
        feed: what the listener has been told of.

    Raises:
        django.db.Error
        What the listener's `read_visible_feed` raises.
    """
    ends, seen = asyncio.get_running_loop().time() + seconds, {item.id for item in feed}
    while not (has_feed_ended(feed) or order_poller.is_closed) and asyncio.get_running_loop().time() < ends:
        await watch.wait_for_news(LOOK_SECONDS)
        if order_poller.is_closed:  # the caller connects again, perhaps to another process, and misses nothing
            return
        feed = await run_in_reader(listener.read_visible_feed)
        unseen = [item for item in feed if item.id not in seen]
        seen.update(item.id for item in unseen)
        yield unseen

"""The source of `orderStatusChanged`: an order's steps so far, and then live (contract, GraphQL; contract, SSE)."""

from collections.abc import AsyncGenerator, Iterable, Iterator, Sequence
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, Final
from uuid import UUID

from petstore.interfaces.calls import read_token_claims
from petstore.interfaces.entry.order_listeners import OrderListener, follow_order_feed
from petstore.interfaces.graphql.orders.represented import read_represented_order
from petstore.interfaces.graphql.siblings import make_single_source
from petstore.interfaces.live.feed import FeedItem, has_feed_ended, list_items_after
from petstore.interfaces.live.poller import order_poller
from petstore.interfaces.live.streams import streams
from public_events.event_types import EventType

Result = dict[str, Any]
_TOLD_AS_THEY_ARE: Final = ("previousStatus", "newStatus", "changedAt", "changedBy")


class ComeAgain(Exception):
    """The watch ends, though the order goes on: the client begins another one and misses nothing."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step of an order.

    Attributes:
        version: the order's after the step, for its version counts its steps; the journal does not keep it.
    """

    item: FeedItem
    version: int

    def make_root(self) -> Result:
        """Make the value that the fields of the subscription are read from."""
        data = self.item.data
        event = {
            "eventId": str(self.item.id),
            "eventType": self.item.event_type,
            "timestamp": data["changedAt"],
            "order": make_single_source(read_represented_order(data["order"], self.version)),
            **{name: data[name] for name in _TOLD_AS_THEY_ARE},
        }
        return {"orderStatusChanged": event}


class OrderSteps:
    """The source stream of a subscription (GraphQL, 6.2.3.1): steps, and None where nothing happens for a while."""

    def __init__(
        self, listener: OrderListener, tenant_id: UUID, feed: Sequence[FeedItem], last: UUID | None, seconds: float
    ) -> None:
        """Begin with what there is.

        Args:
            feed: the order's events so far.
            last: the event that the caller has.
            seconds: how long to watch the order.
        """
        self._listener, self._tenant_id, self._feed, self._last = listener, tenant_id, feed, last
        self._seconds, self._numbers = seconds, count(1)

    @contextmanager
    def open_watch(self) -> Iterator[None]:
        """Watch the order, as one of the caller's live streams; raises StreamLimitReached, TooManyStreams."""
        with (
            streams.count_open_stream(self._listener.audience),
            order_poller.watch_order(self._tenant_id, self._listener.order_id) as self._watch,
        ):
            yield

    def __aiter__(self) -> AsyncGenerator[Step | None]:
        """Yield the steps, until the order is at its end; raises what `_follow_order` raises."""
        return self._follow_order()

    async def _follow_order(self) -> AsyncGenerator[Step | None]:
        """Yield the steps.

        Raises:
            ComeAgain, django.db.Error
            What `OrderListener.read_visible_feed` raises.
        """
        steps = self._number_steps(self._feed)
        unsent = {item.id for item in list_items_after(self._feed, self._last)}
        for step in steps:
            if step.item.id in unsent:
                yield step
        has_ended, seconds = has_feed_ended(self._feed), self._listener.count_seconds_left(self._seconds)
        async with aclosing(follow_order_feed(self._listener, self._watch, self._feed, seconds)) as news:
            async for items in news:
                for step in self._number_steps(items):
                    yield step
                if not items:
                    yield None
                has_ended = has_feed_ended(items)
        if not has_ended:
            read_token_claims(self._listener.credentials)
            raise ComeAgain

    def _number_steps(self, items: Iterable[FeedItem]) -> list[Step]:
        steps = (item for item in items if item.event_type == EventType.ORDER_STATUS_CHANGED)
        return [Step(item, next(self._numbers)) for item in steps]

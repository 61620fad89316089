"""The feed of an order: its events and those of its payments, first to last, as webhooks send them.

An event gets into the feed when it is in the hash chain, as for webhooks: from then on its position is fixed, and a
listener that has the last item has missed none before it.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from orders.states import Command, Status, allowed_commands
from payments.queries import list_order_events
from public_events.event_types import EventType
from public_events.payloads import Payload, build_event_payloads

FINAL_STATUSES = frozenset(status for status in Status if not {*allowed_commands(status)} - {Command.FORCE_CANCEL})
"""The statuses after which no more events are expected."""


class FeedItem(NamedTuple):
    """An event as the envelope of a webhook has it.

    Attributes:
        timestamp: of the event, RFC 3339.
    """

    id: UUID
    event_type: str
    timestamp: str
    data: dict[str, Any]

    @property
    def is_final(self) -> bool:
        return self.event_type == EventType.ORDER_STATUS_CHANGED and self.data["newStatus"] in FINAL_STATUSES


def read_order_feed(order_id: UUID) -> list[FeedItem]:
    """Return the feed of an order of the scope, without checking who may read it."""
    payloads = (payload for event in list_order_events(order_id) for payload in build_event_payloads(event))
    return [_read_envelope(payload) for payload in payloads if payload.ordering_key == order_id]


def _read_envelope(payload: Payload) -> FeedItem:
    envelope = orjson.loads(payload.body)
    return FeedItem(payload.id, payload.event_type, envelope["timestamp"], envelope["data"])


def has_feed_ended(feed: Sequence[FeedItem]) -> bool:
    """Return whether no more events are expected."""
    return any(item.is_final for item in feed)


def list_items_after(feed: Sequence[FeedItem], last: UUID | None) -> Sequence[FeedItem]:
    """Return the items after the event with this id; all of them where the feed has no such event."""
    places = {item.id: place for place, item in enumerate(feed)}
    return feed[places.get(last, -1) + 1 :] if last else feed

"""An order's story as the edges tell it: what webhooks tell of it and of its payments, first to last.

It is told when it is sealed, as webhooks are: then its order is the same for everybody and for ever, and whoever has
heard the last of it has missed nothing before that.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple
from uuid import UUID

import orjson

from orders.states import Command, Status, allowed_commands
from payments.queries import list_order_events
from public_events.event_types import EventType
from public_events.payloads import build_event_payloads

FINAL_STATUSES = frozenset(status for status in Status if not {*allowed_commands(status)} - {Command.FORCE_CANCEL})
"""Where a story usually ends."""


class FeedItem(NamedTuple):
    """One event: what a webhook's envelope has."""

    id: UUID
    event_type: str
    data: dict[str, Any]

    @property
    def is_final(self) -> bool:
        return self.event_type == EventType.ORDER_STATUS_CHANGED and self.data["newStatus"] in FINAL_STATUSES


def read_order_feed(order_id: UUID) -> list[FeedItem]:
    """The story of an order of the scope; who may hear it is not asked here."""
    payloads = (payload for event in list_order_events(order_id) for payload in build_event_payloads(event))
    return [
        FeedItem(payload.id, payload.event_type, orjson.loads(payload.body)["data"])
        for payload in payloads
        if payload.ordering_key == order_id
    ]


def has_feed_ended(story: Sequence[FeedItem]) -> bool:
    """Whether nothing more is to be expected."""
    return any(told.is_final for told in story)


def list_items_after(story: Sequence[FeedItem], last: UUID | None) -> Sequence[FeedItem]:
    """What follows the event that somebody has; all of it where the story knows no such event."""
    places = {told.id: place for place, told in enumerate(story)}
    return story[places.get(last, -1) + 1 :] if last else story

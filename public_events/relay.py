"""The relay: committed audit events go into the hash chain and to every publisher, all of it in one transaction."""

from collections.abc import Callable, Sequence
from uuid import UUID

from events.hash_chain import UNREADABLE, seal_pending_events
from events.outbox import OutboxRow
from public_events.payloads import Payload, build_event_payloads

MAX_EVENTS = 500
"""Events in one transaction, which holds whatever the publishers lock."""


class OutboxEvent:
    """A committed audit event on its way to the publishers.

    Attributes:
        tenant_id: whose event it is.
        sequence: its place in the outbox; of two events about one thing the earlier has the smaller one.
        is_readable: False once its payloads were asked for and could not be built.
    """

    def __init__(self, row: OutboxRow) -> None:
        self.tenant_id: UUID = row.event.tenant_id
        self.sequence: int = row.sequence
        self.is_readable = True
        self._event = row.event
        self._payloads: Sequence[Payload] | None = None

    def read_payloads(self) -> Sequence[Payload]:
        """Return the event's payloads, the same for every publisher; none where its details are malformed."""
        if self._payloads is None:
            try:
                self._payloads = build_event_payloads(self._event)
            except UNREADABLE:
                self._payloads, self.is_readable = (), False
        return self._payloads


Publisher = Callable[[Sequence[OutboxEvent]], object]
"""Takes events over, in their order, and in the relay's transaction, for all tenants at once.

It writes what it will send into tables of its own and sends nothing itself: the transaction may still be rolled back.
What it raises rolls the whole batch back, for every publisher: no event is lost, and the batch is tried again.
"""


def publish_pending_events(publishers: Sequence[Publisher], *, limit: int = MAX_EVENTS) -> int:
    """Seal committed audit events and hand them to every publisher; return how many there were.

    All in one transaction: an event is sealed and taken over by every publisher, or by none (guarantees, G5). An event
    that cannot be read is quarantined: no publisher gets any of it, and the others go on.

    Args:
        publishers: called one after the other, with the same events in the same order.
        limit: events in one call at most.
    """

    def publish_batch(pending: Sequence[OutboxRow]) -> list[OutboxRow]:
        events = [OutboxEvent(row) for row in pending]
        for publish in publishers:
            publish(events)
        return [row for row, event in zip(pending, events, strict=True) if not event.is_readable]

    return seal_pending_events(limit, publish=publish_batch)

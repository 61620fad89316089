"""The hash chain over the journal: rewriting an old event breaks every later digest (guarantees, G16)."""

import logging
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

from django.db import connection, transaction

from database import bulk_insert
from events.chain_links import (
    GENESIS,
    CanonicalBody,
    EventRow,
    LinkValues,
    Sealable,
    encode_canonical_body,
    journal_keys_by_id,
    make_next_link,
    newest_key_id,
)
from events.models import ChainLink, PendingEvent
from kernel import clock
from tenants.scoping import all_tenants

ROWS_PER_READ = 2000
_ADVISORY_LOCK = 0x5EA1
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)
"""Errors that reading an event raises whose details lack what its action promises."""

logger = logging.getLogger(__name__)
PublishBatch = Callable[[Sequence[PendingEvent]], Collection[PendingEvent]]
"""Publishes events, and returns those that cannot be read."""


def seal_pending_events(limit: int = 1000, *, publish: PublishBatch | None = None) -> int:
    """Seal up to `limit` committed events: append them to the hash chain, in order; return how many there were.

    One transaction; a second worker that comes meanwhile finds nothing to do. An event that cannot be read is
    quarantined, neither sealed nor published, and the others go on; `retry_quarantined_events` gives it another try.

    Args:
        publish: publishes the events in the same transaction. Sealing without publishing loses them for all publishers.
    """
    with all_tenants(reason="the hash chain runs over the whole journal"), transaction.atomic():
        if not _try_lock_chain():
            return 0
        rows = PendingEvent.objects.filter(quarantined_at=None).select_related("event")
        todo = list(rows.order_by("pk")[:limit])
        bodies = {row: body for row in todo if (body := _encode_readable_body(row)) is not None}
        for row in publish(list(bodies)) if publish is not None else ():
            del bodies[row]
        _append_chain_links((row.event, body) for row, body in bodies.items())
        PendingEvent.objects.filter(pk__in=[row.pk for row in bodies]).delete()
        _quarantine_events([row for row in todo if row not in bodies])
        return len(todo)


def retry_quarantined_events() -> int:
    """Give quarantined events another try, for a new release may be able to read them; return how many there are."""
    with all_tenants(reason="the hash chain runs over the whole journal"):
        return int(PendingEvent.objects.filter(quarantined_at__isnull=False).update(quarantined_at=None))


def _encode_readable_body(row: PendingEvent) -> CanonicalBody | None:
    try:
        return encode_canonical_body(row.event)
    except UNREADABLE:
        return None


def _quarantine_events(rows: Sequence[PendingEvent]) -> None:
    for row in rows:
        logger.error("Event %s (%s) cannot be read: it is quarantined.", row.event_id, row.event.action)
    if rows:
        PendingEvent.objects.filter(pk__in=[row.pk for row in rows]).update(quarantined_at=clock.now())


def seal_events(events: Sequence[Sealable]) -> None:
    """Seal events that this transaction has written; waits for another sealing to end. Needs `all_tenants`."""
    lock_hash_chain()
    _append_chain_links((event, encode_canonical_body(event)) for event in events)


def lock_hash_chain() -> None:
    """Keep others from sealing until this transaction ends; SQLite has one writer anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])


def find_first_broken_link() -> int | None:
    """Find the first position where chain and journal disagree; None when all is well.

    A digest that was made with a key that the settings do not name does not count.
    """
    with all_tenants(reason="verify the hash chain"):
        previous, known = GENESIS, journal_keys_by_id()
        columns = ("position", *LinkValues._fields, *(f"event__{name}" for name in EventRow._fields))
        links = ChainLink.objects.order_by("position").values_list(*columns)
        width = len(LinkValues._fields)
        for expected, (position, *rest) in enumerate(links.iterator(chunk_size=ROWS_PER_READ), start=1):
            link, event = LinkValues(*rest[:width]), EventRow(*rest[width:])
            if position != expected or not _link_matches_event(link, previous, event, known):
                return expected
            previous = link.digest
    return None


def _link_matches_event(link: LinkValues, previous: str, event: EventRow, known: Mapping[str, bytes]) -> bool:
    try:
        return link.matches_event(previous, event, known)
    except UNREADABLE:  # or gone
        return False


def _append_chain_links(events: Iterable[tuple[Sealable, CanonicalBody]]) -> None:
    """Append a link for each event to the end of the chain."""
    last = ChainLink.objects.order_by("-position").first()
    position, previous = (last.position, last.digest) if last else (0, GENESIS)
    at, key_id = clock.now(), newest_key_id()
    key = journal_keys_by_id()[key_id]
    links = []
    for number, (event, body) in enumerate(events, start=position + 1):
        made = make_next_link(previous, body, key_id, key)
        previous = made.digest
        links.append((number, event.id, event.tenant_id, *made, at))
    bulk_insert(ChainLink, ("position", "event_id", "tenant_id", *LinkValues._fields, "sealed_at"), links)


def _try_lock_chain() -> bool:
    """Lock the chain if nobody else has; SQLite has one writer anyway (transactions start IMMEDIATE)."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])

"""The hash chain over the journal: rewriting an old event breaks every later digest (guarantees, G16)."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet

from database import bulk_insert, compiled_query
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
from events.models import ChainLink
from events.outbox import (
    REASON,
    OutboxRow,
    has_outbox_rows,
    quarantine_outbox_rows,
    read_outbox_rows,
    remove_outbox_rows,
)
from kernel import clock
from tenants.scoping import all_tenants

ROWS_PER_READ = 2000
_ADVISORY_LOCK = 0x5EA1
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)
"""Errors that reading an event raises whose details lack what its action promises."""

PublishBatch = Callable[[Sequence[OutboxRow]], Collection[OutboxRow]]
"""Publishes events, and returns those that cannot be read."""


def seal_pending_events(limit: int = 1000, *, publish: PublishBatch | None = None) -> int:
    """Seal up to `limit` committed events: append them to the hash chain, in order; return how many there were.

    One transaction; a second worker that comes meanwhile finds nothing to do. An event that cannot be read is
    quarantined, neither sealed nor published, and the others go on; `events.outbox.retry_quarantined_events` gives it
    another try.

    Args:
        publish: publishes the events in the same transaction. Sealing without publishing loses them for all publishers.
    """
    if not has_outbox_rows():
        return 0
    with all_tenants(reason=REASON), transaction.atomic():
        return _seal_oldest_rows(limit, publish) if _try_lock_chain() else 0


def _seal_oldest_rows(limit: int, publish: PublishBatch | None) -> int:
    todo = read_outbox_rows(limit)
    bodies = {row.sequence: body for row in todo if (body := _encode_readable_body(row.event)) is not None}
    readable = [row for row in todo if row.sequence in bodies]
    for row in publish(readable) if publish is not None else ():
        del bodies[row.sequence]
    sealed = [row for row in readable if row.sequence in bodies]
    if sealed:
        _append_chain_links((row.event, bodies[row.sequence]) for row in sealed)
        remove_outbox_rows(sealed)
    quarantine_outbox_rows([row for row in todo if row.sequence not in bodies])
    return len(todo)


def _encode_readable_body(event: EventRow) -> CanonicalBody | None:
    try:
        return encode_canonical_body(event)
    except UNREADABLE:
        return None


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
    position, previous = _last_link().first() or (0, GENESIS)
    at, key_id = clock.now(), newest_key_id()
    key = journal_keys_by_id()[key_id]
    links = []
    for number, (event, body) in enumerate(events, start=position + 1):
        made = make_next_link(previous, body, key_id, key)
        previous = made.digest
        links.append((number, event.id, event.tenant_id, *made, at))
    bulk_insert(ChainLink, ("position", "event_id", "tenant_id", *LinkValues._fields, "sealed_at"), links)


@compiled_query
def _last_link() -> QuerySet[Any, tuple[int, str]]:
    with all_tenants(reason=REASON):
        return ChainLink.objects.order_by("-position").values_list("position", "digest")[:1]


def _try_lock_chain() -> bool:
    """Lock the chain if nobody else has; SQLite has one writer anyway (transactions start IMMEDIATE)."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])

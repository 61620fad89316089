"""The hash chain over the journal: whoever rewrites an old event breaks every later digest (G16)."""

import hashlib
import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import orjson
from django.db import connection, transaction

from events.models import PendingEvent, Seal
from kernel import clock
from tenants.bulk import insert_rows
from tenants.scoping import all_tenants

GENESIS = "0" * 64
CHUNK = 2000
_ADVISORY_LOCK = 0x5EA1
UNREADABLE = (LookupError, TypeError, ValueError, AttributeError)
"""What reading an event raises whose details are not what its action promises."""

logger = logging.getLogger(__name__)
Teller = Callable[[Sequence[PendingEvent]], Collection[PendingEvent]]
"""Passes events on, and gives back those that it cannot read."""


class Sealable(Protocol):
    """What the chain says of an event."""

    @property
    def id(self) -> UUID: ...
    @property
    def tenant_id(self) -> UUID: ...
    @property
    def action(self) -> str: ...
    @property
    def entity_type(self) -> str: ...
    @property
    def entity_id(self) -> UUID | None: ...
    @property
    def actor_id(self) -> UUID | None: ...
    @property
    def details(self) -> dict[str, Any]: ...
    @property
    def ip_address(self) -> str | None: ...
    @property
    def request_id(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


class _Sealed(NamedTuple):
    """A sealed event as the database tells it: a tuple, for there are many."""

    id: UUID
    tenant_id: UUID
    action: str
    entity_type: str
    entity_id: UUID | None
    actor_id: UUID | None
    details: dict[str, Any]
    ip_address: str | None
    request_id: str
    created_at: datetime


def digest(previous: str, event: Sealable) -> str:
    """SHA-256 over the previous digest and the event's canonical JSON: UTF-8, keys sorted, no blanks."""
    return _linked(previous, _canonical(event))


def _linked(previous: str, body: bytes) -> str:
    return hashlib.sha256(b"%b\n%b" % (previous.encode(), body)).hexdigest()


def _canonical(event: Sealable) -> bytes:
    fields = [
        event.id,
        event.tenant_id,
        event.action,
        event.entity_type,
        event.entity_id or "None",
        event.actor_id or "None",
        event.details,
        event.ip_address,
        event.request_id,
        clock.rfc3339(event.created_at),
    ]
    return orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)


def seal_pending(limit: int = 1000, *, tell: Teller | None = None) -> int:
    """Chain up to `limit` committed events that have no seal yet and return how many there were.

    One transaction; a second worker that comes meanwhile finds nothing to do. An event that cannot be read is set
    aside, unsealed and untold, so that the others go on; `take_up_again` has it tried anew.

    Args:
        tell: passes the events on, in the same transaction: whoever does not pass them on takes them from those who
            are to hear of them.
    """
    with all_tenants(reason="the hash chain runs over the whole journal"), transaction.atomic():
        if not _locked():
            return 0
        rows = PendingEvent.objects.filter(set_aside_at=None).select_related("event")
        todo = list(rows.order_by("pk")[:limit])
        bodies = {row: body for row in todo if (body := _read(row)) is not None}
        for row in tell(list(bodies)) if tell is not None else ():
            del bodies[row]
        _append((row.event, body) for row, body in bodies.items())
        PendingEvent.objects.filter(pk__in=[row.pk for row in bodies]).delete()
        _set_aside([row for row in todo if row not in bodies])
        return len(todo)


def take_up_again() -> int:
    """Have the events tried anew that were set aside, for a new release may read them; returns how many there are."""
    with all_tenants(reason="the hash chain runs over the whole journal"):
        return int(PendingEvent.objects.filter(set_aside_at__isnull=False).update(set_aside_at=None))


def _read(row: PendingEvent) -> bytes | None:
    try:
        return _canonical(row.event)
    except UNREADABLE:
        return None


def _set_aside(rows: Sequence[PendingEvent]) -> None:
    for row in rows:
        logger.error("Event %s (%s) cannot be read: it is set aside.", row.event_id, row.event.action)
    if rows:
        PendingEvent.objects.filter(pk__in=[row.pk for row in rows]).update(set_aside_at=clock.now())


def seal_now(events: Sequence[Sealable]) -> None:
    """Chain events that this transaction has written; waits for a sealer at work. Needs `all_tenants`."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
    _append((event, _canonical(event)) for event in events)


def first_broken_seal() -> int | None:
    """The first position where chain and journal disagree, or None when all is well."""
    with all_tenants(reason="verify the hash chain"):
        previous = GENESIS
        columns = ("position", "digest", *(f"event__{name}" for name in _Sealed._fields))
        seals = Seal.objects.order_by("position").values_list(*columns)
        for expected, (position, sealed, *event) in enumerate(seals.iterator(chunk_size=CHUNK), start=1):
            if position != expected or sealed != digest(previous, _Sealed(*event)):
                return expected
            previous = sealed
    return None


def _append(events: Iterable[tuple[Sealable, bytes]]) -> None:
    """Chain events with their canonical JSON."""
    last = Seal.objects.order_by("-position").first()
    position, previous = (last.position, last.digest) if last else (0, GENESIS)
    at = clock.now()
    seals = []
    for number, (event, body) in enumerate(events, start=position + 1):
        previous = _linked(previous, body)
        seals.append((number, event.id, event.tenant_id, previous, at))
    insert_rows(Seal, ("position", "event_id", "tenant_id", "digest", "sealed_at"), seals)


def _locked() -> bool:
    """One sealer at a time; SQLite has one writer anyway (transactions start IMMEDIATE)."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])

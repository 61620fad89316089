"""The hash chain over the journal: whoever rewrites an old event breaks every later digest (G16)."""

import hashlib
from collections.abc import Callable, Sequence
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
    body = orjson.dumps(fields, option=orjson.OPT_SORT_KEYS)
    return hashlib.sha256(b"%b\n%b" % (previous.encode(), body)).hexdigest()


def seal_pending(limit: int = 1000, *, tell: Callable[[Sequence[PendingEvent]], None] | None = None) -> int:
    """Chain up to `limit` committed events that have no seal yet and return how many there were.

    One transaction; a second worker that comes meanwhile finds nothing to do.

    Args:
        tell: passes the events on, in the same transaction: whoever does not pass them on takes them from those who
            are to hear of them.
    """
    with all_tenants(reason="the hash chain runs over the whole journal"), transaction.atomic():
        if not _locked():
            return 0
        todo = list(PendingEvent.objects.select_related("event").order_by("pk")[:limit])
        _append([row.event for row in todo])
        if tell is not None:
            tell(todo)
        PendingEvent.objects.filter(pk__in=[row.pk for row in todo]).delete()
        return len(todo)


def seal_now(events: Sequence[Sealable]) -> None:
    """Chain events that this transaction has written; waits for a sealer at work. Needs `all_tenants`."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
    _append(events)


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


def _append(events: Sequence[Sealable]) -> None:
    last = Seal.objects.order_by("-position").first()
    position, previous = (last.position, last.digest) if last else (0, GENESIS)
    at = clock.now()
    seals = []
    for number, event in enumerate(events, start=position + 1):
        previous = digest(previous, event)
        seals.append((number, event.id, event.tenant_id, previous, at))
    insert_rows(Seal, ("position", "event_id", "tenant_id", "digest", "sealed_at"), seals)


def _locked() -> bool:
    """One sealer at a time; SQLite has one writer anyway (transactions start IMMEDIATE)."""
    if connection.vendor != "postgresql":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [_ADVISORY_LOCK])
        return bool(cursor.fetchone()[0])

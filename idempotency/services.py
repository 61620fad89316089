"""Have one effect for each Idempotency-Key (contract, Idempotency; guarantees, G2)."""

import hashlib
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection, transaction
from django.db.models import QuerySet

from idempotency.errors import KeyInUse, KeyReused
from idempotency.models import IdempotencyRecord
from idempotency.requests import IdempotentRequest
from kernel import clock, ids
from kernel.errors import DomainError
from tenants.scoping import current_tenant_id

KEPT_FOR = timedelta(hours=24)
LEASED_FOR = timedelta(seconds=30)
"""The lease of one request on work of several transactions; when it has expired another request may resume the work."""


@dataclass(frozen=True, slots=True)
class ReplayableResponse:
    """An interface's response, as far as it is stored and replayed."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    is_replay: bool = False


def run_once(request: IdempotentRequest, work: Callable[[], ReplayableResponse]) -> ReplayableResponse:
    """Do the work at the first request, and replay its response for a day after that.

    Key, work and response are one transaction: whatever `work` raises undoes all three.

    Raises:
        KeyInUse: the first request is still running.
        KeyReused: the key came with another request.
    """
    with transaction.atomic():
        _lock_idempotency_key(request)
        stored = _find_valid_record(request)
        return _run_and_store(request, work) if stored is None else _replay_stored_response(stored)


def run_with_recovery(
    request: IdempotentRequest,
    work: Callable[[UUID], ReplayableResponse],
    *,
    refusals: tuple[type[Exception], ...] = (DomainError,),
) -> ReplayableResponse:
    """Do once what calls an outside service between transactions of its own; resume it where it broke off.

    The key is stored under a lease before the work begins, with an id for its effect. Where the work breaks off, or
    its process dies, the next request with the key does it again under the same id: `work` has to find what there is
    already and to carry on from there.

    Args:
        work: takes the id of its effect.
        refusals: what `work` raises before it has had any effect; the key is free again.

    Raises:
        KeyInUse: the first request is still running, or has died within the last half minute.
        KeyReused: the key came with another request.
    """
    record = _lease_or_replay(request)
    if record.status or record.effect_id is None:
        return _replay_stored_response(record)
    with ExitStack() as undo:
        undo.callback(_select_leased_record(record).update, leased_until=clock.now())
        try:
            response = work(record.effect_id)
        except refusals:
            _select_leased_record(record).delete()
            raise
        undo.pop_all()
    stored = {"status": response.status, "headers": response.headers, "body": response.body, "leased_until": None}
    IdempotencyRecord.objects.filter(pk=record.pk, status=0).update(**stored)
    return response


def _run_and_store(request: IdempotentRequest, work: Callable[[], ReplayableResponse]) -> ReplayableResponse:
    record = _build_idempotency_record(request)
    record.save(force_insert=True)
    response = work()
    record.status, record.headers, record.body = response.status, response.headers, response.body
    record.save(update_fields=["status", "headers", "body"])
    return response


def _lease_or_replay(request: IdempotentRequest) -> IdempotencyRecord:
    """Return the record of this key: answered already, or leased to the caller."""
    at = clock.now()
    with transaction.atomic(durable=True):
        _lock_idempotency_key(request)
        record = _find_valid_record(request)
        if record is None:
            record = _build_idempotency_record(request)
            record.effect_id, record.leased_until = ids.new_id(), at + LEASED_FOR
            record.save(force_insert=True)
        elif not record.status:
            _take_over_lease(record, at)
    return record


def _take_over_lease(record: IdempotencyRecord, at: datetime) -> None:
    if record.leased_until is not None and record.leased_until > at:
        raise KeyInUse
    record.leased_until = at + LEASED_FOR
    record.save(update_fields=["leased_until"])


def _select_leased_record(record: IdempotencyRecord) -> QuerySet[IdempotencyRecord]:
    """Return the record, unless it was answered or another request has the lease by now."""
    found: QuerySet[IdempotencyRecord] = IdempotencyRecord.objects.filter(
        pk=record.pk, status=0, effect_id=record.effect_id, leased_until=record.leased_until
    )
    return found


def _build_idempotency_record(request: IdempotentRequest) -> IdempotencyRecord:
    return IdempotencyRecord(
        principal=request.principal,
        operation=request.operation,
        target=request.target_text,
        key_digest=request.key_digest,
        request_digest=request.request_digest,
        created_at=clock.now(),
    )


def _replay_stored_response(record: IdempotencyRecord) -> ReplayableResponse:
    return ReplayableResponse(record.status, bytes(record.body), record.headers, is_replay=True)


def _find_valid_record(request: IdempotentRequest) -> IdempotencyRecord | None:
    """Return the record of this key that is less than a day old; raise KeyReused where it is of another request."""
    record: IdempotencyRecord | None = IdempotencyRecord.objects.filter(
        principal=request.principal,
        operation=request.operation,
        target=request.target_text,
        key_digest__in=request.key_digests,
    ).first()
    if record is None:
        return None
    if record.created_at <= clock.now() - KEPT_FOR:
        record.delete()
        return None
    if not request.matches_digest(record.request_digest):
        raise KeyReused
    return record


def _lock_idempotency_key(request: IdempotentRequest) -> None:
    """Lock the key to the end of the transaction, or raise KeyInUse.

    PostgreSQL only: SQLite's transactions start IMMEDIATE, so they run one after the other.
    """
    if connection.vendor != "postgresql":
        return
    parts = (current_tenant_id(), request.principal, request.operation, request.target_text, request.key)
    name = " ".join(map(str, parts)).encode()
    number = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise KeyInUse

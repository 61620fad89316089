"""One effect per Idempotency-Key (contract, Idempotency; guarantees, G2)."""

import hashlib
import hmac
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import QuerySet

from idempotency.errors import BadIdempotencyKey, KeyInUse, KeyReused
from idempotency.models import IdempotencyRecord
from kernel import clock, ids
from kernel.errors import DomainError
from tenants.scoping import current_tenant_id

KEPT_FOR = timedelta(hours=24)
CLAIMED_FOR = timedelta(seconds=30)
"""How long work of several transactions is left to whoever began it."""

MAX_KEY = 255


@dataclass(frozen=True, slots=True)
class ReplayableResponse:
    """An edge's answer, as far as it is worth repeating."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class IdempotentRequest:
    """Which request must have one effect only.

    Attributes:
        principal: the caller.
        route: the operation and its target.
        key: the caller's Idempotency-Key.
        request: everything of the request that makes it this one, as bytes.
    """

    principal: str
    route: str
    key: str = field(repr=False)
    request: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.key) <= MAX_KEY or not self.key.isascii() or not self.key.isprintable():
            raise BadIdempotencyKey

    @property
    def fingerprint(self) -> str:
        """An HMAC, for a plain digest of a body with a card number could be guessed."""
        return _digest_text(self.request)

    @property
    def kept_key(self) -> str:
        """What is stored of the key, for the same reason: a caller may put anything there."""
        return _digest_text(self._named_key)

    @property
    def kept_keys(self) -> list[str]:
        """The same, and what was stored of it under the keys of SECRET_KEY_FALLBACKS."""
        return [self.kept_key, *_digest_with_old_keys(self._named_key)]

    def is_of(self, fingerprint: str) -> bool:
        """Whether a stored fingerprint is this request's."""
        known = (self.fingerprint, *_digest_with_old_keys(self.request))
        return any(hmac.compare_digest(fingerprint, one) for one in known)

    @property
    def _named_key(self) -> bytes:
        return b"key " + self.key.encode()


def _digest_text(text: bytes, secret: str | None = None) -> str:
    return hmac.new((secret or settings.SECRET_KEY).encode(), text, hashlib.sha256).hexdigest()


def _digest_with_old_keys(text: bytes) -> list[str]:
    return [_digest_text(text, secret) for secret in settings.SECRET_KEY_FALLBACKS]


def run_once(once: IdempotentRequest, work: Callable[[], ReplayableResponse]) -> ReplayableResponse:
    """Do the work the first time, and repeat its answer for a day after that.

    Key, work and answer are one transaction: whatever `work` raises undoes all three.

    Raises:
        KeyInUse: the first request is still running.
        KeyReused: the key came with another request.
    """
    with transaction.atomic():
        _lock_key(once)
        stored = _find_record(once)
        return _run_and_store(once, work) if stored is None else _replay_response(stored)


def run_with_recovery(
    once: IdempotentRequest,
    work: Callable[[UUID], ReplayableResponse],
    *,
    refusals: tuple[type[Exception], ...] = (DomainError,),
) -> ReplayableResponse:
    """The same for work that calls somebody outside, between transactions of its own.

    The key is stored before the work begins, with an id for its effect. Where the work breaks off, or its
    process dies, the next request with the key does it again under the same id: `work` has to find what there
    is already and to carry on from there.

    Args:
        work: takes the id of its effect.
        refusals: what `work` raises before it has had any effect; the key is free again.

    Raises:
        KeyInUse: the first request is still running, or has died within the last half minute.
        KeyReused: the key came with another request.
    """
    row = _claim_record(once)
    if row.status or row.effect_id is None:
        return _replay_response(row)
    with ExitStack() as undo:
        undo.callback(_select_leased(row).update, claimed_until=clock.now())
        try:
            answer = work(row.effect_id)
        except refusals:
            _select_leased(row).delete()
            raise
        undo.pop_all()
    kept = {"status": answer.status, "headers": answer.headers, "body": answer.body, "claimed_until": None}
    IdempotencyRecord.objects.filter(pk=row.pk, status=0).update(**kept)
    return answer


def _run_and_store(once: IdempotentRequest, work: Callable[[], ReplayableResponse]) -> ReplayableResponse:
    row = _build_record(once)
    row.save(force_insert=True)
    answer = work()
    row.status, row.headers, row.body = answer.status, answer.headers, answer.body
    row.save(update_fields=["status", "headers", "body"])
    return answer


def _claim_record(once: IdempotentRequest) -> IdempotencyRecord:
    """The row of this key: answered already, or the caller's to work on."""
    at = clock.now()
    with transaction.atomic(durable=True):
        _lock_key(once)
        row = _find_record(once)
        if row is None:
            row = _build_record(once)
            row.effect_id, row.claimed_until = ids.new_id(), at + CLAIMED_FOR
            row.save(force_insert=True)
        elif not row.status:
            _take_over_lease(row, at)
    return row


def _take_over_lease(row: IdempotencyRecord, at: datetime) -> None:
    if row.claimed_until is not None and row.claimed_until > at:
        raise KeyInUse
    row.claimed_until = at + CLAIMED_FOR
    row.save(update_fields=["claimed_until"])


def _select_leased(row: IdempotencyRecord) -> QuerySet[IdempotencyRecord]:
    """The row, unless it was answered or somebody else has taken the work over."""
    found: QuerySet[IdempotencyRecord] = IdempotencyRecord.objects.filter(
        pk=row.pk, status=0, effect_id=row.effect_id, claimed_until=row.claimed_until
    )
    return found


def _build_record(once: IdempotentRequest) -> IdempotencyRecord:
    return IdempotencyRecord(
        principal=once.principal,
        route=once.route,
        key=once.kept_key,
        fingerprint=once.fingerprint,
        created_at=clock.now(),
    )


def _replay_response(row: IdempotencyRecord) -> ReplayableResponse:
    return ReplayableResponse(row.status, bytes(row.body), row.headers, is_replay=True)


def _find_record(once: IdempotentRequest) -> IdempotencyRecord | None:
    """What is kept for this key; raises KeyReused where that is of another request."""
    rows = IdempotencyRecord.objects.filter(principal=once.principal, route=once.route, key__in=once.kept_keys)
    row: IdempotencyRecord | None = rows.first()
    if row is None:
        return None
    if row.created_at <= clock.now() - KEPT_FOR:
        row.delete()
        return None
    if not once.is_of(row.fingerprint):
        raise KeyReused
    return row


def _lock_key(once: IdempotentRequest) -> None:
    """Only PostgreSQL runs two such transactions at once; SQLite's start IMMEDIATE, one after the other."""
    if connection.vendor != "postgresql":
        return
    name = f"{current_tenant_id()} {once.principal} {once.route} {once.key}".encode()
    number = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise KeyInUse

"""One effect per Idempotency-Key (contract, Idempotency; guarantees, G2)."""

import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.db import connection, transaction

from kernel import clock
from tenants.scoping import current_tenant_id
from traffic.errors import BadIdempotencyKey, KeyInUse, KeyReused
from traffic.models import StoredAnswer

KEPT_FOR = timedelta(hours=24)
MAX_KEY = 255


@dataclass(frozen=True, slots=True)
class Answer:
    """An edge's answer, as far as it is worth repeating."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)
    is_replay: bool = False


@dataclass(frozen=True, slots=True)
class Once:
    """Which request must have one effect only.

    Attributes:
        principal: the caller.
        route: the operation and its target.
        key: the caller's Idempotency-Key.
        request: everything of the request that makes it this one, as bytes.
    """

    principal: str
    route: str
    key: str
    request: bytes

    def __post_init__(self) -> None:
        if not 1 <= len(self.key) <= MAX_KEY or not self.key.isascii() or not self.key.isprintable():
            raise BadIdempotencyKey

    @property
    def fingerprint(self) -> str:
        """An HMAC, for a plain digest of a body with a card number could be guessed."""
        return hmac.new(settings.SECRET_KEY.encode(), self.request, hashlib.sha256).hexdigest()


def answer_once(once: Once, work: Callable[[], Answer]) -> Answer:
    """Do the work the first time, and repeat its answer for a day after that.

    Key, work and answer are one transaction: whatever `work` raises undoes all three.

    Raises:
        KeyInUse: the first request is still running.
        KeyReused: the key came with another request.
    """
    with transaction.atomic():
        _lock(once)
        stored = _stored(once)
        if stored is None:
            return _first(once, work)
        if not hmac.compare_digest(stored.fingerprint, once.fingerprint):
            raise KeyReused
        return Answer(stored.status, bytes(stored.body), stored.headers, is_replay=True)


def _first(once: Once, work: Callable[[], Answer]) -> Answer:
    row = StoredAnswer(
        principal=once.principal, route=once.route, key=once.key, fingerprint=once.fingerprint, created_at=clock.now()
    )
    row.save(force_insert=True)
    answer = work()
    row.status, row.headers, row.body = answer.status, answer.headers, answer.body
    row.save(update_fields=["status", "headers", "body"])
    return answer


def _stored(once: Once) -> StoredAnswer | None:
    rows = StoredAnswer.objects.filter(principal=once.principal, route=once.route, key=once.key)
    row: StoredAnswer | None = rows.first()
    if row is not None and row.created_at <= clock.now() - KEPT_FOR:
        row.delete()
        return None
    return row


def _lock(once: Once) -> None:
    """Only PostgreSQL runs two such transactions at once; SQLite's start IMMEDIATE, one after the other."""
    if connection.vendor != "postgresql":
        return
    name = f"{current_tenant_id()} {once.principal} {once.route} {once.key}".encode()
    number = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [number])
        if not cursor.fetchone()[0]:
            raise KeyInUse

"""One link of the hash chain: an HMAC over the link before it and over the event, with a key outside the database.

What has to be removed some day is in the chain as a digest with a salt: without the salt, which is removed with it,
the digest says nothing, and the chain is as whole as before.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple, Protocol
from uuid import UUID

import orjson
from django.conf import settings

from events.models import WORDS
from kernel import clock

GENESIS = "0" * 64
SALT_BYTES = 16


class Sealable(Protocol):
    """The fields of an event that are in the chain."""

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


class SealedEvent(NamedTuple):
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


class Body(NamedTuple):
    """An event as canonical JSON, in three parts: UTF-8, keys sorted, no blanks.

    Attributes:
        origin, words: the removable parts, empty where there is nothing to remove.
    """

    lasting: bytes
    origin: bytes
    words: bytes


class Link(NamedTuple):
    """The columns of a seal (`events.models.Seal`)."""

    digest: str
    key_id: str
    origin_salt: str
    origin_digest: str
    words_salt: str
    words_digest: str

    def agrees(self, previous: str, event: Sealable, known: Mapping[str, bytes]) -> bool:
        """Whether the event is the one that was sealed, but for parts that have been removed."""
        key, body = known.get(self.key_id), body_of(event)
        return (
            key is not None
            and _is_of(self.origin_salt, self.origin_digest, body.origin)
            and _is_of(self.words_salt, self.words_digest, body.words)
            and self.digest == _digest(previous, body.lasting, self.origin_digest, self.words_digest, key)
        )


def body_of(event: Sealable) -> Body:
    """Return an event's part of the chain; raises one of `sealing.UNREADABLE` where its details are malformed."""
    words = {name: event.details[name] for name in WORDS if name in event.details}
    fields = [
        event.id,
        event.tenant_id,
        event.action,
        event.entity_type,
        event.entity_id,
        event.actor_id,
        {name: value for name, value in event.details.items() if name not in words},
        clock.rfc3339(event.created_at),
    ]
    has_origin = event.ip_address or event.request_id
    origin = _json([event.ip_address, event.request_id]) if has_origin else b""
    return Body(_json(fields), origin, _json(words) if words else b"")


def make_link(previous: str, body: Body, key_id: str, key: bytes) -> Link:
    """The link that follows a digest."""
    origin_salt, origin_digest = _salted(body.origin)
    words_salt, words_digest = _salted(body.words)
    digest = _digest(previous, body.lasting, origin_digest, words_digest, key)
    return Link(digest, key_id, origin_salt, origin_digest, words_salt, words_digest)


def journal_keys() -> Mapping[str, bytes]:
    """The journal's keys by their ids, the newest first."""
    return _keys((settings.JOURNAL_KEY, *settings.JOURNAL_KEY_FALLBACKS))


def newest_key_id() -> str:
    """Of the key that seals from now on."""
    return next(iter(journal_keys()))


@lru_cache(maxsize=8)
def _keys(secret: tuple[str, ...]) -> Mapping[str, bytes]:
    return {hashlib.sha256(b"petstore journal key\n" + key.encode()).hexdigest()[:16]: key.encode() for key in secret}


def _digest(previous: str, lasting: bytes, origin_digest: str, words_digest: str, key: bytes) -> str:
    text = b"%b\n%b\n%b\n%b" % (previous.encode(), lasting, origin_digest.encode(), words_digest.encode())
    return hmac.digest(key, text, "sha256").hex()


def _salted(part: bytes) -> tuple[str, str]:
    if not part:
        return "", ""
    salt = secrets.token_hex(SALT_BYTES)
    return salt, _salted_digest(salt, part)


def _salted_digest(salt: str, part: bytes) -> str:
    return hashlib.sha256(salt.encode() + b"\n" + part).hexdigest()


def _is_of(salt: str, digest: str, part: bytes) -> bool:
    """Whether the digest is of the part; without a salt there was nothing, or it was removed."""
    return _salted_digest(salt, part) == digest if salt else not part


def _json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)

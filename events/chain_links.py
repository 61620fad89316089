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

from events.models import FREE_TEXT_FIELDS
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


class CanonicalBody(NamedTuple):
    """An event as canonical JSON, in three parts: UTF-8, keys sorted, no blanks.

    Attributes:
        origin, words: the removable parts, empty where there is nothing to remove.
    """

    lasting: bytes
    origin: bytes
    words: bytes


class LinkValues(NamedTuple):
    """The columns of a seal (`events.models.ChainLink`)."""

    digest: str
    key_id: str
    origin_salt: str
    origin_digest: str
    free_text_salt: str
    free_text_digest: str

    def matches_event(self, previous: str, event: Sealable, known: Mapping[str, bytes]) -> bool:
        """Whether the event is the one that was sealed, but for parts that have been removed."""
        key, body = known.get(self.key_id), encode_canonical_body(event)
        return (
            key is not None
            and _part_matches_digest(self.origin_salt, self.origin_digest, body.origin)
            and _part_matches_digest(self.free_text_salt, self.free_text_digest, body.words)
            and self.digest
            == _compute_link_digest(previous, body.lasting, self.origin_digest, self.free_text_digest, key)
        )


def encode_canonical_body(event: Sealable) -> CanonicalBody:
    """Return an event's part of the chain; raises one of `hash_chain.UNREADABLE` where its details are malformed."""
    words = {name: event.details[name] for name in FREE_TEXT_FIELDS if name in event.details}
    fields = [
        event.id,
        event.tenant_id,
        event.action,
        event.entity_type,
        event.entity_id,
        event.actor_id,
        {name: value for name, value in event.details.items() if name not in words},
        clock.format_rfc3339(event.created_at),
    ]
    has_origin = event.ip_address or event.request_id
    origin = _encode_canonical_json([event.ip_address, event.request_id]) if has_origin else b""
    return CanonicalBody(_encode_canonical_json(fields), origin, _encode_canonical_json(words) if words else b"")


def make_next_link(previous: str, body: CanonicalBody, key_id: str, key: bytes) -> LinkValues:
    """The link that follows a digest."""
    origin_salt, origin_digest = _salt_removable_part(body.origin)
    free_text_salt, free_text_digest = _salt_removable_part(body.words)
    digest = _compute_link_digest(previous, body.lasting, origin_digest, free_text_digest, key)
    return LinkValues(digest, key_id, origin_salt, origin_digest, free_text_salt, free_text_digest)


def journal_keys_by_id() -> Mapping[str, bytes]:
    """The journal's keys by their ids, the newest first."""
    return _index_keys_by_id((settings.JOURNAL_KEY, *settings.JOURNAL_KEY_FALLBACKS))


def newest_key_id() -> str:
    """Of the key that seals from now on."""
    return next(iter(journal_keys_by_id()))


@lru_cache(maxsize=8)
def _index_keys_by_id(secret: tuple[str, ...]) -> Mapping[str, bytes]:
    return {hashlib.sha256(b"petstore journal key\n" + key.encode()).hexdigest()[:16]: key.encode() for key in secret}


def _compute_link_digest(previous: str, lasting: bytes, origin_digest: str, free_text_digest: str, key: bytes) -> str:
    text = b"%b\n%b\n%b\n%b" % (previous.encode(), lasting, origin_digest.encode(), free_text_digest.encode())
    return hmac.digest(key, text, "sha256").hex()


def _salt_removable_part(part: bytes) -> tuple[str, str]:
    if not part:
        return "", ""
    salt = secrets.token_hex(SALT_BYTES)
    return salt, _digest_salted_part(salt, part)


def _digest_salted_part(salt: str, part: bytes) -> str:
    return hashlib.sha256(salt.encode() + b"\n" + part).hexdigest()


def _part_matches_digest(salt: str, digest: str, part: bytes) -> bool:
    """Whether the digest is of the part; without a salt there was nothing, or it was removed."""
    return _digest_salted_part(salt, part) == digest if salt else not part


def _encode_canonical_json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)

"""Links of the hash chain: an HMAC over the link before and over the event, with a key outside the database.

A part of an event that has to be removed some day is in the chain as a salted digest. The salt is removed with it:
without it the digest reveals nothing, and the chain can be verified as before.
"""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

import orjson
from django.conf import settings

from events.models import FREE_TEXT_FIELDS, AuditEvent
from kernel import clock

GENESIS = "0" * 64
SALT_BYTES = 16


class EventRow(NamedTuple):
    """The columns of an audit event (`events.models.AuditEvent`) as a tuple, for where there are many."""

    id: UUID
    tenant_id: UUID
    action: str
    entity_type: str
    entity_id: UUID | None
    actor_id: UUID | None
    details: dict[str, Any]
    created_at: datetime
    ip_address: str | None = None
    request_id: str = ""


Sealable = AuditEvent | EventRow
"""An audit event with the fields that are in the chain."""


class CanonicalBody(NamedTuple):
    """An event as canonical JSON, in three parts: UTF-8, keys sorted, no blanks.

    Attributes:
        lasting: the part that stays for good.
        origin, free_text: the removable parts, empty where there is nothing to remove.
    """

    lasting: bytes
    origin: bytes
    free_text: bytes


class LinkValues(NamedTuple):
    """The columns of a link (`events.models.ChainLink`)."""

    digest: str
    key_id: str
    origin_salt: str
    origin_digest: str
    free_text_salt: str
    free_text_digest: str

    def matches_event(self, previous: str, event: Sealable, known: Mapping[str, bytes]) -> bool:
        """Check that this is the event that was sealed, apart from parts that have been removed."""
        key, body = known.get(self.key_id), encode_canonical_body(event)
        return (
            key is not None
            and _part_matches_digest(self.origin_salt, self.origin_digest, body.origin)
            and _part_matches_digest(self.free_text_salt, self.free_text_digest, body.free_text)
            and self.digest
            == _compute_link_digest(previous, body.lasting, self.origin_digest, self.free_text_digest, key)
        )


def encode_canonical_body(event: Sealable) -> CanonicalBody:
    """Encode an event for the chain; raises one of `hash_chain.UNREADABLE` where its details are malformed."""
    free_text = {name: event.details[name] for name in FREE_TEXT_FIELDS if name in event.details}
    fields = [
        event.id,
        event.tenant_id,
        event.action,
        event.entity_type,
        event.entity_id,
        event.actor_id,
        {name: value for name, value in event.details.items() if name not in free_text},
        clock.format_rfc3339(event.created_at),
    ]
    has_origin = event.ip_address or event.request_id
    origin = _encode_canonical_json([event.ip_address, event.request_id]) if has_origin else b""
    return CanonicalBody(
        _encode_canonical_json(fields), origin, _encode_canonical_json(free_text) if free_text else b""
    )


def make_next_link(previous: str, body: CanonicalBody, key_id: str, key: bytes) -> LinkValues:
    """Make the link that follows a digest."""
    origin_salt, origin_digest = _salt_removable_part(body.origin)
    free_text_salt, free_text_digest = _salt_removable_part(body.free_text)
    digest = _compute_link_digest(previous, body.lasting, origin_digest, free_text_digest, key)
    return LinkValues(digest, key_id, origin_salt, origin_digest, free_text_salt, free_text_digest)


def journal_keys_by_id() -> Mapping[str, bytes]:
    """Return the journal's keys by their ids, the newest first."""
    return _index_keys_by_id((settings.JOURNAL_KEY, *settings.JOURNAL_KEY_FALLBACKS))


def newest_key_id() -> str:
    """Return the id of the key that new links are made with."""
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
    """Compare a removable part with its digest; without a salt there was no such part, or it was removed."""
    return _digest_salted_part(salt, part) == digest if salt else not part


def _encode_canonical_json(value: object) -> bytes:
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)

"""Identify the request that must have one effect only (contract, Idempotency)."""

import hashlib
import hmac
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from idempotency.errors import BadIdempotencyKey

MAX_KEY = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentRequest:
    """A request that must have one effect only: caller, operation, target and key say which one it is.

    Attributes:
        principal: the caller.
        operation: the use case's name, the same from every protocol: the protocols share the keys of a caller.
        target: the id of the row that the operation is about; None where it makes one.
        key: the caller's Idempotency-Key.
        content: all else that tells this request from another one with the same key.

    Raises:
        BadIdempotencyKey: the key is not 1 to 255 printable ASCII characters.
    """

    principal: str
    operation: str
    target: UUID | None = None
    key: str = field(repr=False)
    content: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if not 1 <= len(self.key) <= MAX_KEY or not self.key.isascii() or not self.key.isprintable():
            raise BadIdempotencyKey

    @property
    def target_text(self) -> str:
        """Return the target as it is stored."""
        return str(self.target or "")

    @property
    def key_digest(self) -> str:
        """Return the HMAC that is stored of the key: callers may put personal data there."""
        return _digest_text(self._prefixed_key)

    @property
    def key_digests(self) -> list[str]:
        """Return `key_digest`, and what it was with each key of SECRET_KEY_FALLBACKS."""
        return [self.key_digest, *_digest_with_old_keys(self._prefixed_key)]

    @property
    def request_digest(self) -> str:
        """Return an HMAC of the content: the card number in it could be guessed from a plain digest."""
        return _digest_text(self.content)

    def matches_digest(self, stored: str) -> bool:
        """Compare a stored `request_digest` with this request's, also as the keys of SECRET_KEY_FALLBACKS made it."""
        own = (self.request_digest, *_digest_with_old_keys(self.content))
        return any(hmac.compare_digest(stored, digest) for digest in own)

    @property
    def _prefixed_key(self) -> bytes:
        return b"key " + self.key.encode()


def _digest_text(text: bytes, secret: str | None = None) -> str:
    return hmac.new((secret or settings.SECRET_KEY).encode(), text, hashlib.sha256).hexdigest()


def _digest_with_old_keys(text: bytes) -> list[str]:
    return [_digest_text(text, secret) for secret in settings.SECRET_KEY_FALLBACKS]

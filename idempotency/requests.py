"""Identify the request that must have one effect only (contract, Idempotency)."""

import hmac
from dataclasses import dataclass, field
from uuid import UUID

from django.conf import settings

from idempotency.errors import BadIdempotencyKey
from kernel.actor import Actor
from kernel.digests import compute_keyed_digest

MAX_KEY = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class IdempotentRequest:
    """A request that must have one effect only: caller, operation, target and key say which one it is.

    Attributes:
        principal: the caller.
        operation: what is done, such as REST's `place_order`; each protocol's operation has keys of its own.
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
        return _digest_key(settings.SECRET_KEY, self.key)

    @property
    def key_digests(self) -> list[str]:
        """Return `key_digest`, and what it was with each key of SECRET_KEY_FALLBACKS."""
        return [self.key_digest, *(_digest_key(secret, self.key) for secret in settings.SECRET_KEY_FALLBACKS)]

    @property
    def request_digest(self) -> str:
        """Return an HMAC of the content: the card number in it could be guessed from a plain digest."""
        return _digest_content(settings.SECRET_KEY, self.content)

    def matches_digest(self, stored: str) -> bool:
        """Compare a stored `request_digest` with this request's, also as the keys of SECRET_KEY_FALLBACKS made it."""
        secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
        return any(hmac.compare_digest(stored, _digest_content(secret, self.content)) for secret in secrets)


def identify_principal(actor: Actor) -> str:
    """Return the caller that keys belong to: the user or, without a token, the address."""
    return str(actor.user_id) if actor.user_id else f"anonymous {actor.ip_address}"


def _digest_key(secret: str, key: str) -> str:
    return compute_keyed_digest(secret, "key", key).hex()


def _digest_content(secret: str, content: bytes) -> str:
    return compute_keyed_digest(secret, "", content).hex()

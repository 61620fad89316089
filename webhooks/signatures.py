"""Signatures by which a receiver verifies that a webhook is ours and unchanged (contract, Webhooks)."""

import hashlib
import hmac
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from secrets import token_bytes
from uuid import UUID

from django.conf import settings
from standardwebhooks import Webhook

from kernel.digests import compute_keyed_digest

SECRET_BYTES = 32


def generate_webhook_secret() -> str:
    """Generate `whsec_` and the base64 of 32 random bytes (Standard Webhooks, Signature scheme)."""
    return f"whsec_{b64encode(token_bytes(SECRET_BYTES)).decode('ascii')}"


def build_signed_headers(*, secrets: Sequence[str], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """Build the headers that sign one attempt.

    `webhook-signature` has an entry for each secret, so that receivers can move to a new one in their own time. Its
    keys are the bytes that the secrets encode. `X-Webhook-Signature` has room for one: its key is the newest secret
    as the receiver was shown it, the UTF-8 text with `whsec_` and all, and it covers the raw body alone.

    Args:
        secrets: newest first, at least one.
        message_id: the event's id, the same in every attempt.
        at: the time of this attempt; receivers refuse old ones.
        body: UTF-8, the very bytes that are sent.
    """
    moment = at.astimezone(UTC)
    text = body.decode("utf-8")
    return {
        "X-Webhook-Signature": f"sha256={hmac.new(secrets[0].encode(), body, hashlib.sha256).hexdigest()}",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(message_id, moment, text) for secret in secrets),
    }


def derive_callback_secret(tenant_id: UUID) -> str:
    """Derive the secret that signs a tenant's callbacks, as Standard Webhooks has it; it changes with SECRET_KEY."""
    return derive_callback_secrets(tenant_id)[0]


def derive_callback_secrets(tenant_id: UUID) -> tuple[str, ...]:
    """Derive a tenant's callback secrets, newest first: those of SECRET_KEY_FALLBACKS sign, too."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = [compute_keyed_digest(key, "webhook callbacks", tenant_id.bytes) for key in keys]
    return tuple(f"whsec_{b64encode(digest).decode()}" for digest in digests)

"""Keys of links that need no log-in: each is made for one row of one tenant, and opens nothing else."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_KEY = re.compile(r"[A-Za-z0-9_-]{64}")
_ID_BYTES = 16


def sign_link_key(salt: str, tenant_id: UUID, row_id: UUID) -> str:
    """Return the key of a link.

    Args:
        salt: the kind of link, so that the key of one kind opens no page of another.
    """
    return _compute_link_key(salt, tenant_id, row_id, settings.SECRET_KEY)


def find_tenant_of_key(salt: str, row_id: UUID, key: str) -> UUID | None:
    """Return the tenant whose row the key was made for; None if it was not made for this row and kind of link."""
    if not _KEY.fullmatch(key):
        return None
    tenant_id = UUID(bytes=urlsafe_b64decode(key)[:_ID_BYTES])
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_ours = any(constant_time_compare(key, _compute_link_key(salt, tenant_id, row_id, secret)) for secret in secrets)
    return tenant_id if is_ours else None


def _compute_link_key(salt: str, tenant_id: UUID, row_id: UUID, secret: str) -> str:
    """Encode the tenant and the signature, 48 bytes: a length that base64 encodes in one way only."""
    signed = salted_hmac(salt, tenant_id.bytes + row_id.bytes, secret=secret, algorithm="sha256").digest()
    return urlsafe_b64encode(tenant_id.bytes + signed).decode()

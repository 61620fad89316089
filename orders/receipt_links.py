"""Links to receipts, each with a key that is made for one receipt of one tenant and needs no log-in."""

import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from uuid import UUID

from django.conf import settings
from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "orders.receipt_links"
_KEY = re.compile(r"[A-Za-z0-9_-]{64}")
_ID_BYTES = 16


def build_receipt_url(tenant_id: UUID, receipt_id: UUID, *, site: str) -> str:
    """Build the link to a receipt; it shows the receipt and nothing else of the tenant.

    Args:
        site: the service's address where PUBLIC_URL does not say it.
    """
    key = _sign_receipt_key(tenant_id, receipt_id, settings.SECRET_KEY)
    return f"{settings.PUBLIC_URL or site}/receipts/{receipt_id}/{key}"


def find_tenant_of_link(receipt_id: UUID, key: str) -> UUID | None:
    """Return the tenant whose receipt the link shows; None if the key was not made for it."""
    if not _KEY.fullmatch(key):
        return None
    tenant_id = UUID(bytes=urlsafe_b64decode(key)[:_ID_BYTES])
    secrets = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    is_ours = any(constant_time_compare(key, _sign_receipt_key(tenant_id, receipt_id, secret)) for secret in secrets)
    return tenant_id if is_ours else None


def _sign_receipt_key(tenant_id: UUID, receipt_id: UUID, secret: str) -> str:
    """Encode the tenant and the signature, 48 bytes: a length that base64 encodes in one way only."""
    signed = salted_hmac(_SALT, tenant_id.bytes + receipt_id.bytes, secret=secret, algorithm="sha256").digest()
    return urlsafe_b64encode(tenant_id.bytes + signed).decode()

"""Re-encryption of secrets under the present SECRET_KEY, so that the one before it can be dropped."""

from uuid import UUID

from django.db import transaction

from kernel import clock
from tenants.scoping import TenantQuerySet, all_tenants
from webhooks.encryption import SecretUnreadable, decrypt_secret, encrypt_secret, has_current_key
from webhooks.models import Endpoint

_REASON = "a key belongs to the whole installation"


def reencrypt_webhook_secrets(*, dry_run: bool) -> tuple[int, int]:
    """Encrypt anew the secrets that an older key has encrypted; return how many endpoints that were, and how many have
    secrets that no key opens.

    Args:
        dry_run: only count them.
    """
    with all_tenants(reason=_REASON):
        old = [
            row.pk
            for row in _endpoints_with_secrets().iterator()
            if not all(map(has_current_key, _encrypted_tokens(row)))
        ]
        renewed = sum(_reencrypt_endpoint(pk, dry_run=dry_run) for pk in old)
    return renewed, len(old) - renewed


def has_unreadable_secrets() -> bool:
    """Check for a newest secret that was encrypted under a key that the settings do not name."""
    with all_tenants(reason=_REASON):
        newest = _endpoints_with_secrets().order_by("-updated_at").first()
    if newest is None:
        return False
    try:
        decrypt_secret(newest.encrypted_secret)
    except SecretUnreadable:
        return True
    return False


def _endpoints_with_secrets() -> TenantQuerySet[Endpoint]:
    rows: TenantQuerySet[Endpoint] = Endpoint.objects.exclude(encrypted_secret="")
    return rows


def _encrypted_tokens(row: Endpoint) -> list[str]:
    """Return the encrypted secrets that sign now: a previous one only as long as it does."""
    signs = row.previous_secret_until is not None and row.previous_secret_until > clock.now()
    return [row.encrypted_secret, row.encrypted_previous_secret] if signs else [row.encrypted_secret]


def _reencrypt_endpoint(endpoint_id: UUID, *, dry_run: bool) -> bool:
    """Encrypt an endpoint's secrets anew; return False where no key opens them."""
    with transaction.atomic():
        row = _endpoints_with_secrets().select_for_update(no_key=True).get(pk=endpoint_id)
        try:
            secrets = [decrypt_secret(token) for token in _encrypted_tokens(row)]
        except SecretUnreadable:
            return False
        if not dry_run:
            row.encrypted_secret, row.encrypted_previous_secret = [*map(encrypt_secret, secrets), ""][:2]
            row.save(update_fields=["encrypted_secret", "encrypted_previous_secret"])
    return True

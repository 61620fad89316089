"""Encryption of secrets at rest, under a key that is not in the database or its backups."""

from base64 import urlsafe_b64encode
from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KEY_BYTES = 32
_PURPOSE = b"petstore webhook secrets"


class SecretUnreadable(Exception):
    """The secret was encrypted under a key that is neither SECRET_KEY nor one of SECRET_KEY_FALLBACKS."""


def encrypt_secret(secret: str) -> str:
    """Encrypt a secret for the database: a Fernet token under SECRET_KEY."""
    return _cipher_of_all_keys().encrypt(secret.encode()).decode()


def decrypt_secret(token: str) -> str:
    """Decrypt a secret under SECRET_KEY or one of SECRET_KEY_FALLBACKS; raises SecretUnreadable where none fits."""
    try:
        return _cipher_of_all_keys().decrypt(token).decode()
    except InvalidToken as error:
        raise SecretUnreadable from error


def has_current_key(token: str) -> bool:
    """Check that a secret is encrypted under SECRET_KEY itself."""
    try:
        _build_cipher((settings.SECRET_KEY,)).decrypt(token)
    except InvalidToken:
        return False
    return True


def _cipher_of_all_keys() -> MultiFernet:
    return _build_cipher((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


@lru_cache(maxsize=16)
def _build_cipher(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(urlsafe_b64encode(_derive_key(key))) for key in keys])


def _derive_key(key: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=_PURPOSE).derive(key.encode())

"""Secrets of applications: made at random, shown once, and stored as digests."""

import base64
import hashlib
import hmac
import re
import secrets
from typing import Final

SECRET_BYTES: Final = 32
USER_CODE_LETTERS: Final = "BCDFGHJKLMNPQRSTVWXZ"
"""Twenty consonants, so that no code is a word (RFC 8628, 6.1)."""
USER_CODE_LENGTH: Final = 8
_VERIFIER: Final = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""A verifier of PKCE (RFC 7636, 4.1)."""


def make_secret() -> str:
    """Make a secret that nobody can guess: a client secret, a code or a device code."""
    return secrets.token_urlsafe(SECRET_BYTES)


def make_user_code() -> str:
    """Make a code that people type, such as `BCDFGHJK`."""
    return "".join(secrets.choice(USER_CODE_LETTERS) for _ in range(USER_CODE_LENGTH))


def compute_secret_digest(secret: str) -> str:
    """Return the SHA-256 of a secret in hex; a secret of 256 random bits needs no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def matches_secret_digest(secret: str, digest: str) -> bool:
    """Compare a secret with a stored digest in constant time; an empty digest matches nothing."""
    return bool(digest) and hmac.compare_digest(compute_secret_digest(secret), digest)


def compute_code_challenge(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636, 4.2)."""
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def matches_code_challenge(verifier: str, challenge: str) -> bool:
    """Compare a verifier with a stored challenge in constant time (RFC 7636, 4.6); a malformed one matches none."""
    is_well_formed = _VERIFIER.fullmatch(verifier) is not None
    return hmac.compare_digest(compute_code_challenge(verifier), challenge) and is_well_formed


def normalize_user_code(typed: str) -> str | None:
    """Return a user code as it is stored, from what somebody typed, with or without its hyphen; None if it is none."""
    code = typed.replace("-", "").replace(" ", "").upper()
    is_code = len(code) == USER_CODE_LENGTH and all(letter in USER_CODE_LETTERS for letter in code)
    return code if is_code else None


def format_user_code(code: str) -> str:
    """Write a user code as people read it: `BCDF-GHJK`."""
    half = USER_CODE_LENGTH // 2
    return f"{code[:half]}-{code[half:]}"

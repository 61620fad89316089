"""Digests under a secret key: a plain digest of a name, an address or a card number could be guessed."""

import hmac


def compute_keyed_digest(key: str, purpose: str, text: str | bytes = b"") -> bytes:
    """Return the HMAC-SHA-256 of a text.

    Args:
        key: a secret, such as SECRET_KEY.
        purpose: what the digest is for, so that the digests of two purposes never meet; it stands before the text.
    """
    parts = (purpose.encode(), text.encode() if isinstance(text, str) else text)
    return hmac.digest(key.encode(), b" ".join(part for part in parts if part), "sha256")

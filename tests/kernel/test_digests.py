"""Digests under a key."""

import hmac

import pytest

from kernel.digests import compute_keyed_digest


@pytest.mark.parametrize(
    ("purpose", "text", "message"),
    [
        ("log-in", "ann 203.0.113.7", b"log-in ann 203.0.113.7"),
        ("key", b"\x00\xff", b"key \x00\xff"),
        ("demo accounts", "", b"demo accounts"),
        ("", b"content", b"content"),
    ],
)
def test_it_is_the_hmac_of_purpose_and_text(purpose: str, text: str | bytes, message: bytes) -> None:
    assert compute_keyed_digest("secret", purpose, text) == hmac.digest(b"secret", message, "sha256")

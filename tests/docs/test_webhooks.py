"""What the page for receivers tells them to run knows our signatures, and knows a forgery."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from kernel import clock
from webhooks.signatures import build_signed_headers, generate_webhook_secret

PAGE = Path(__file__).resolve().parents[2] / "docs" / "webhooks.md"
BODY = b'{"eventId": "1", "data": {"name": "\xc5\x81una"}}'
OLD, NEW = generate_webhook_secret(), generate_webhook_secret()


@pytest.fixture(scope="module")
def receiver() -> dict[str, Any]:
    """What the page's code defines."""
    defined: dict[str, Any] = {}
    for block in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(block, defined)  # noqa: S102  # our own page
    return defined


def sent(*secrets: str, age: timedelta = timedelta()) -> dict[str, str]:
    headers = build_signed_headers(secrets=secrets, message_id="msg", at=clock.now() - age, body=BODY)
    return {name.lower(): value for name, value in headers.items()}


@pytest.mark.parametrize("secret", [OLD, NEW])
def test_it_verifies_what_we_sign_during_a_change_of_secrets_too(receiver: dict[str, Any], secret: str) -> None:
    assert receiver["verified"](secret, sent(NEW, OLD), BODY) == json.loads(BODY)


def test_a_body_that_was_changed_is_refused(receiver: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="wrong"):
        receiver["verified"](NEW, sent(NEW), BODY + b" ")


def test_another_secret_is_refused(receiver: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="wrong"):
        receiver["verified"](OLD, sent(NEW), BODY)


def test_what_is_old_is_refused(receiver: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="old"):
        receiver["verified"](NEW, sent(NEW, age=timedelta(minutes=6)), BODY)


def test_the_simple_signature_is_the_newest_secrets(receiver: dict[str, Any]) -> None:
    assert receiver["is_ours"](NEW, sent(NEW, OLD), BODY)
    assert not receiver["is_ours"](OLD, sent(NEW, OLD), BODY)
    assert not receiver["is_ours"](NEW, sent(NEW), BODY + b" ")

"""Receivers know by the signatures that a webhook is ours and unchanged (contract, Webhooks)."""

import hashlib
import hmac
from base64 import b64decode, b64encode
from datetime import timedelta, timezone

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from kernel import clock
from webhooks.signatures import build_signed_headers, generate_webhook_secret

BODY = '{"eventType":"order.statusChanged","data":{"name":"Zoë"}}'.encode()
CHANGED = BODY.replace(b"order", b"Order")
MESSAGE = "019b40d6-93a6-7c5c-9a3c-3f1f2b1f7f10"
NEW, OLD = generate_webhook_secret(), generate_webhook_secret()


def _headers(*secrets: str, body: bytes = BODY, message_id: str = MESSAGE) -> dict[str, str]:
    return build_signed_headers(secrets=secrets, message_id=message_id, at=clock.now(), body=body)


def test_a_secret_is_thirty_two_random_bytes_in_the_standard_form() -> None:
    prefix, _, encoded = NEW.partition("_")
    assert (prefix, len(b64decode(encoded, validate=True))) == ("whsec", 32)
    assert len({generate_webhook_secret() for _ in range(100)}) == 100


def test_the_standard_library_of_receivers_verifies_it() -> None:
    assert Webhook(NEW).verify(BODY, _headers(NEW)) == {
        "eventType": "order.statusChanged",
        "data": {"name": "Zoë"},
    }


@pytest.mark.parametrize("secret", [NEW, OLD])
def test_both_secrets_verify_it_during_a_rotation(secret: str) -> None:
    Webhook(secret).verify(BODY, _headers(NEW, OLD))


def test_a_secret_that_was_replaced_verifies_nothing() -> None:
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(OLD).verify(BODY, _headers(NEW))


def test_a_changed_byte_of_the_body_is_noticed() -> None:
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(NEW).verify(CHANGED, _headers(NEW, OLD))


@pytest.mark.parametrize(("name", "value"), [("webhook-id", "another"), ("webhook-timestamp", None)])
def test_a_changed_id_or_time_is_noticed(name: str, value: str | None) -> None:
    headers = _headers(NEW)
    headers[name] = value or str(int(headers[name]) - 1)
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(NEW).verify(BODY, headers)


def test_the_trio_is_what_the_standard_says() -> None:
    headers = _headers(NEW)
    content = f"{MESSAGE}.{headers['webhook-timestamp']}.".encode() + BODY
    key = b64decode(NEW.removeprefix("whsec_"))
    signature = b64encode(hmac.new(key, content, hashlib.sha256).digest()).decode()
    assert (headers["webhook-id"], headers["webhook-signature"]) == (MESSAGE, f"v1,{signature}")


def test_the_simple_signature_is_the_hmac_of_the_body_with_the_newest_secret_as_text() -> None:
    expected = hmac.new(NEW.encode(), BODY, hashlib.sha256).hexdigest()
    assert _headers(NEW, OLD)["X-Webhook-Signature"] == f"sha256={expected}"
    assert _headers(NEW, OLD, body=CHANGED)["X-Webhook-Signature"] != f"sha256={expected}"


def test_the_moment_may_come_in_any_time_zone() -> None:
    moment = clock.now()
    in_tokyo = moment.astimezone(timezone(timedelta(hours=9)))
    headers = [build_signed_headers(secrets=[NEW], message_id=MESSAGE, at=at, body=BODY) for at in (moment, in_tokyo)]
    assert headers[0] == headers[1]
    assert headers[0]["webhook-timestamp"] == str(int(moment.timestamp()))

"""Signatures that a receiver can verify (contract, Webhooks)."""

import hashlib
import hmac
from datetime import timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from kernel import clock
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.factories import OrderFactory
from tests.webhooks.delivering import deliver_all_due, envelope_of, make_due_now
from tests.webhooks.sink import Received, Sink, answer_with
from webhooks.models import Endpoint
from webhooks.services.endpoints import rotate_secret
from webhooks.signatures import generate_webhook_secret


def verify_request(request: Received, secret: str) -> object:
    """As a receiver with the library of Standard Webhooks does."""
    return Webhook(secret).verify(request.body, dict(request.headers.items()))


def hex_signature(request: Received, secret: str) -> str:
    return f"sha256={hmac.new(secret.encode(), request.body, hashlib.sha256).hexdigest()}"


@pytest.fixture
def received(hook: Endpoint, acme: Tenant, sink: Sink) -> Received:
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    return sink.received[0]


def test_a_standard_verifier_accepts_it(received: Received, hook: Endpoint) -> None:
    assert verify_request(received, hook.secret) == envelope_of(received)


def test_the_hex_signature_covers_the_raw_body(received: Received, hook: Endpoint) -> None:
    assert received.headers["X-Webhook-Signature"] == hex_signature(received, hook.secret)


def test_its_id_is_the_events_and_its_type_json(received: Received) -> None:
    assert received.headers["webhook-id"] == envelope_of(received)["eventId"]
    assert received.headers["Content-Type"] == "application/json"


def test_another_secret_does_not_verify(received: Received) -> None:
    with pytest.raises(WebhookVerificationError):
        verify_request(received, generate_webhook_secret())


def test_while_a_secret_changes_both_verify_and_then_only_the_new_one(hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    with tenant_scope(acme.id):
        new = rotate_secret(endpoint_id=hook.id, actor=SYSTEM).secret
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    during = sink.received[-1]
    assert verify_request(during, hook.secret) == verify_request(during, new)
    assert during.headers["X-Webhook-Signature"] == hex_signature(during, new)
    with tenant_scope(acme.id):
        Endpoint.objects.update(previous_secret_until=clock.now() - timedelta(seconds=1))
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    assert verify_request(sink.received[-1], new)
    with pytest.raises(WebhookVerificationError):
        verify_request(sink.received[-1], hook.secret)


def test_each_attempt_is_signed_anew_under_the_same_id(hook: Endpoint, acme: Tenant, sink: Sink) -> None:
    sink.behaviour = answer_with(500)
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    sink.behaviour = answer_with()
    make_due_now(hook)
    deliver_all_due()
    first, again = (request for request in sink.received if request.body == sink.received[0].body)
    assert first.headers["webhook-id"] == again.headers["webhook-id"]
    assert verify_request(first, hook.secret) == verify_request(again, hook.secret)

"""Secrets at rest: a dump of the database shows none, and a new SECRET_KEY ends none."""

from datetime import timedelta

import pytest
from django.core.management.base import CommandError
from pytest_django import Settings

from kernel import clock
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.commands.conftest import Run, run
from tests.factories import OrderFactory
from tests.snapshots import snapshot
from tests.webhooks.delivering import deliver_all_due
from tests.webhooks.sink import Sink
from tests.webhooks.test_signed import verify_request
from webhooks.encryption import SecretUnreadable
from webhooks.models import Attempt, Endpoint
from webhooks.queries import get_webhook_endpoint
from webhooks.services.endpoints import rotate_secret

__all__ = ("run",)

NEW_KEY = "Zq7-another-key-of-this-test-0123456789-abcdefghijklmnop"


def exchange_key(settings: Settings, *, keeps_old: bool) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY] if keeps_old else []
    settings.SECRET_KEY = NEW_KEY


def in_the_database(text: str) -> bool:
    return text in str(snapshot())


def test_no_table_holds_a_secret_in_plain_text(hook: Endpoint, in_acme: Tenant) -> None:
    old, new = hook.secret, rotate_secret(endpoint_id=hook.id, actor=SYSTEM).secret
    assert not in_the_database("whsec_")
    assert not in_the_database(old.removeprefix("whsec_"))
    assert not in_the_database(new.removeprefix("whsec_"))
    found = get_webhook_endpoint(hook.id, actor=SYSTEM)
    assert (found.secret, found.previous_secret) == (new, old)


def test_a_new_key_with_the_old_one_as_a_fallback_ends_no_secret(
    hook: Endpoint, acme: Tenant, sink: Sink, settings: Settings
) -> None:
    secret = hook.secret
    exchange_key(settings, keeps_old=True)
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    assert verify_request(sink.received[0], secret)


def test_a_new_key_alone_sends_nothing_and_says_why(
    hook: Endpoint, acme: Tenant, sink: Sink, settings: Settings
) -> None:
    """The page of the endpoint still answers, and a new secret helps."""
    exchange_key(settings, keeps_old=False)
    OrderFactory.create(tenant=acme)
    deliver_all_due()
    assert sink.received == []
    with tenant_scope(acme.id):
        assert {attempt.error for attempt in Attempt.objects.all()} == {"secret_unreadable"}
        with pytest.raises(SecretUnreadable):
            assert get_webhook_endpoint(hook.id, actor=SYSTEM).secret
        new = rotate_secret(endpoint_id=hook.id, actor=SYSTEM)
        assert new.secret


def test_after_reencrypting_the_old_key_can_go(hook: Endpoint, in_acme: Tenant, run: Run, settings: Settings) -> None:
    secrets = (rotate_secret(endpoint_id=hook.id, actor=SYSTEM).secret, hook.secret)
    exchange_key(settings, keeps_old=True)
    before = snapshot()
    assert run("reencrypt_secrets", "--dry-run") == "1 webhooks would be encrypted anew.\n"
    assert snapshot() == before
    assert run("reencrypt_secrets") == "1 webhooks encrypted anew.\n"
    settings.SECRET_KEY_FALLBACKS = []
    found = get_webhook_endpoint(hook.id, actor=SYSTEM)
    assert (found.secret, found.previous_secret) == secrets
    assert run("reencrypt_secrets") == "0 webhooks encrypted anew.\n"


def test_a_secret_that_no_longer_signs_holds_nobody_up(
    hook: Endpoint,
    in_acme: Tenant,
    run: Run,
    settings: Settings,
) -> None:
    rotate_secret(endpoint_id=hook.id, actor=SYSTEM)
    Endpoint.objects.update(previous_secret_until=clock.now() - timedelta(seconds=1), encrypted_previous_secret="?")  # noqa: S106  # unreadable
    exchange_key(settings, keeps_old=True)
    assert run("reencrypt_secrets") == "1 webhooks encrypted anew.\n"
    assert Endpoint.objects.get().encrypted_previous_secret == ""


def test_a_secret_that_nothing_opens_is_told_and_stays(
    hook: Endpoint,
    in_acme: Tenant,
    run: Run,
    settings: Settings,
) -> None:
    exchange_key(settings, keeps_old=False)
    before = snapshot()
    with pytest.raises(CommandError, match="1 webhooks have a secret that no key decrypts"):
        run("reencrypt_secrets")
    assert snapshot() == before

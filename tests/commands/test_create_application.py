"""`create_application` registers an application and shows its secret this once (contract, Commands)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.management.base import CommandError

from applications.digests import matches_secret_digest
from applications.models import Application
from events.models import AuditEvent
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.commands.conftest import Run
from tests.snapshots import snapshot

CALLBACK = "https://app.example/callback"
WORDS = ("create_application", "Probe", "--redirect-uri", CALLBACK, "--scope", "read:orders", "read:pets")


def registered() -> Application:
    with all_tenants(reason="test"):
        application: Application = Application.objects.get()
        return application


@pytest.mark.django_db
def test_the_json_is_one_line_in_the_shape_of_the_contract(run: Run) -> None:
    text = run(*WORDS, "--json")
    assert text.count("\n") == 1
    printed: dict[str, Any] = json.loads(text)
    application, secret = registered(), printed.pop("clientSecret")
    assert printed == {
        "clientId": application.client_id,
        "name": "Probe",
        "type": "CONFIDENTIAL",
        "tenantId": None,
        "redirectUris": [CALLBACK],
        "scopes": ["read:pets", "read:orders"],
        "device": False,
    }
    assert len(application.client_id) >= 20
    assert matches_secret_digest(secret, application.secret_digest)


def test_a_public_application_of_a_tenant_has_no_secret(run: Run, acme: Tenant) -> None:
    options = ("--tenant", str(acme.id), "--public", "--device", "--json")
    printed = json.loads(run(*WORDS, "--redirect-uri", "com.example.app:/", "http://127.0.0.1/", *options))
    assert (printed["clientSecret"], printed["type"], printed["device"]) == (None, "PUBLIC", True)
    assert printed["tenantId"] == str(acme.id)
    assert printed["redirectUris"] == [CALLBACK, "com.example.app:/", "http://127.0.0.1/"]
    assert registered().tenant_id == acme.id


def test_a_tenant_goes_by_its_slug_too(run: Run, acme: Tenant) -> None:
    run(*WORDS, "--tenant", "acme")
    assert registered().tenant_id == acme.id


@pytest.mark.django_db
def test_the_text_tells_what_a_developer_has_to_know(run: Run) -> None:
    text = run(*WORDS)
    application = registered()
    secret = text.split("client secret  ")[1].splitlines()[0]
    assert matches_secret_digest(secret, application.secret_digest)
    for told in (application.client_id, "read:pets read:orders", CALLBACK, "cannot be shown again"):
        assert told in text


@pytest.mark.django_db
def test_the_text_of_a_public_application_for_devices_tells_of_no_secret(run: Run) -> None:
    text = run("create_application", "Lamp", "--public", "--device", "--scope", "read:pets")
    assert "device grant   yes" in text
    assert "secret" not in text


@pytest.mark.django_db
def test_it_is_in_the_journal_without_its_secret(run: Run) -> None:
    printed = json.loads(run(*WORDS, "--json"))
    with all_tenants(reason="test"):
        event = AuditEvent.objects.get(action="APPLICATION_CREATED")
    assert (event.actor_id, event.entity_id) == (None, registered().id)
    assert printed["clientSecret"] not in json.dumps(event.details)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("Probe",), "redirect_uris: Give at least one"),
        (("Probe", "--redirect-uri", CALLBACK), "scopes: Give at least one"),
        (("Probe", "--redirect-uri", CALLBACK, "--scope", "openid"), "scopes: Give at least one of read:pets"),
        (("Probe", "--redirect-uri", "http://a.example/", "--scope", "read:pets"), "give an https URI"),
        (("Probe", "--redirect-uri", "com.example.app:/", "--scope", "read:pets"), "Only a public application"),
        (("Probe\x1b[2J", "--redirect-uri", CALLBACK, "--scope", "read:pets"), "name: Give one line"),
        ((" ", "--redirect-uri", CALLBACK, "--scope", "read:pets"), "name: Give a name of 1 to 60"),
        (("Pro\udcffbe", "--redirect-uri", CALLBACK, "--scope", "read:pets"), "name: Give one line"),
        (("Probe", "--redirect-uri", CALLBACK, "--scope", "read:pets", "--tenant", "nowhere"), "tenant"),
        ((), "NAME"),
    ],
)
def test_bad_input_is_one_sentence_and_nothing_is_made(
    run: Run, acme: Tenant, words: tuple[str, ...], sentence: str
) -> None:
    before = snapshot()
    with pytest.raises(CommandError) as refusal:
        run("create_application", *words)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert snapshot() == before


def test_wrong_usage_exits_with_1() -> None:
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(  # our own command
        [sys.executable, "manage.py", "create_application"], cwd=root, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "NAME" in done.stderr


def test_another_tenant_knows_nothing_of_it(run: Run, acme: Tenant, globex: Tenant) -> None:
    run(*WORDS, "--tenant", str(acme.id))
    with tenant_scope(globex.id):
        assert not Application.objects.exists()

"""No code, token, verifier or client secret gets into the log, the journal, the database or an error."""

import logging
from typing import Any

import pytest
from django.db import connection

from accounts.models import User
from events.models import AuditEvent
from tenants.scoping import all_tenants
from tests.oauth.calling import DEVICE, DEVICE_GRANT, INTROSPECT, REVOKE, TOKEN, Caller, post
from tests.oauth.granting import allow


def stored() -> str:
    """Every row of every table, as text."""
    found = []
    with all_tenants(reason="test"), connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # the catalogue's own names
            found += [str(row) for row in cursor.fetchall()]
    return "\n".join(found)


@pytest.fixture
def used(probe: Caller, screen: Caller, alice: User) -> dict[str, str]:
    """Secrets that have gone through every endpoint, well and badly; by what they are."""
    allowed = allow(probe.application, alice)
    tokens = probe.exchange(allowed.form)
    fresh = probe.refresh(tokens["refresh_token"]).json()
    device = screen.post(DEVICE, {"scope": "read:pets"}).json()
    secrets: dict[str, Any] = {
        "client secret": probe.secret,
        "code": allowed.code,
        "verifier": allowed.code_verifier,
        "access token": tokens["access_token"].rpartition(".")[2],
        "refresh token": tokens["refresh_token"].rpartition(".")[2],
        "new access token": fresh["access_token"].rpartition(".")[2],
        "new refresh token": fresh["refresh_token"].rpartition(".")[2],
        "device code": device["device_code"],
        "canary": "canary-that-nobody-issued",
    }
    for value in (*tokens.values(), *secrets.values()):
        for path in (TOKEN, REVOKE, INTROSPECT, DEVICE):
            for name in ("token", "code", "refresh_token", "device_code", "client_secret", "scope", "resource"):
                for grant in ("authorization_code", "refresh_token", DEVICE_GRANT, str(value)):
                    form = {"grant_type": grant, name: str(value), "client_id": probe.application.client_id}
                    answer = post(path, form)
                    assert str(value) not in answer.content.decode()
    return secrets


def test_nothing_secret_is_left_anywhere(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    caplog.set_level(logging.DEBUG)
    used: dict[str, str] = request.getfixturevalue("used")
    with all_tenants(reason="test"):
        journal = str(list(AuditEvent.objects.values()))
    written = capfd.readouterr()
    places = {"log": caplog.text, "output": written.out + written.err, "journal": journal, "database": stored()}
    assert "CONSENT_GRANTED" in places["journal"]
    assert "applications" in places["database"] or "Probe" in places["database"]
    assert [(what, place) for what, secret in used.items() for place, text in places.items() if secret in text] == []

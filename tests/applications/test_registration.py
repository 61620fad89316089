"""Registration of applications: who may, with which values, and what is kept of it (contract, OAuth 2.0)."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from accounts.groups import StaffGroup
from accounts.models import User
from applications.digests import matches_secret_digest
from applications.errors import TooManyApplications
from applications.models import Application
from applications.services.registration import MAX_APPLICATIONS, MAX_REDIRECT_URIS
from events.models import AuditEvent
from kernel.actor import ANONYMOUS, PROOF_LIFETIME, SYSTEM
from kernel.errors import Forbidden, FreshProofRequired, Invalid, LoginRequired
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.applications.registering import CALLBACK, register
from tests.factories import StaffFactory, acting


def test_a_manager_registers_an_application_and_gets_its_secret(in_acme: Tenant, sam: User) -> None:
    uris, scopes = [CALLBACK, "https://b.example/", CALLBACK], ["read:orders", "read:pets"]
    registered = register(name="  Probe ", redirect_uris=uris, scopes=scopes, actor=acting(sam))
    application = Application.objects.get()
    assert application == registered.application
    assert (application.name, application.type, application.status) == ("Probe", "CONFIDENTIAL", "ACTIVE")
    assert application.redirect_uris == [CALLBACK, "https://b.example/"]
    assert application.scopes == ["read:pets", "read:orders"]
    assert len(application.client_id) == 32
    assert registered.secret
    assert matches_secret_digest(registered.secret, application.secret_digest)


def test_a_public_application_has_no_secret(in_acme: Tenant) -> None:
    registered = register(is_public=True, redirect_uris=["com.example.app:/callback"])
    assert registered.secret is None
    assert (registered.application.type, registered.application.secret_digest) == ("PUBLIC", "")


def test_an_application_for_devices_needs_no_redirect_uri(in_acme: Tenant) -> None:
    application = register(is_device=True, redirect_uris=[]).application
    assert (application.redirect_uris, application.is_device) == ([], True)


def test_a_registration_is_in_the_journal_without_its_secret(in_acme: Tenant, sam: User) -> None:
    registered = register(actor=acting(sam))
    event = AuditEvent.objects.get(entity_id=registered.application.id)
    assert (event.action, event.entity_type, event.actor_id) == ("APPLICATION_CREATED", "APPLICATIONS", sam.id)
    assert event.details == {
        "changes": {
            "name": [None, "Probe"],
            "clientId": [None, registered.application.client_id],
            "type": [None, "CONFIDENTIAL"],
            "redirectUris": [None, [CALLBACK]],
            "scopes": [None, ["read:pets", "read:orders"]],
            "device": [None, False],
        }
    }
    assert registered.secret
    assert registered.secret not in json.dumps(event.details)


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("name", {"name": ""}),
        ("name", {"name": "   "}),
        ("name", {"name": "x" * 61}),
        ("name", {"name": "Pro\nbe"}),
        ("name", {"name": "Pro\u202ebe"}),
        ("name", {"name": "Pro\x00be"}),
        ("name", {"name": "Pro\ud800be"}),
        ("redirect_uris", {"redirect_uris": []}),
        ("redirect_uris", {"redirect_uris": ["http://app.example/callback"]}),
        ("redirect_uris", {"redirect_uris": ["com.example.app:/callback"]}),
        ("redirect_uris", {"redirect_uris": [CALLBACK, ""]}),
        ("redirect_uris", {"redirect_uris": [f"{CALLBACK}/{n}" for n in range(MAX_REDIRECT_URIS + 1)]}),
        ("scopes", {"scopes": []}),
        ("scopes", {"scopes": ["openid"]}),
        ("scopes", {"scopes": ["read:pets", "READ:ORDERS"]}),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_is_stored(in_acme: Tenant, field: str, values: dict[str, Any]) -> None:
    before = AuditEvent.objects.count()
    with pytest.raises(Invalid) as refusal:
        register(**values)
    assert [fault.field for fault in refusal.value.faults] == [field]
    assert (Application.objects.count(), AuditEvent.objects.count()) == (0, before)


@pytest.mark.parametrize("group", [StaffGroup.VIEWER, StaffGroup.CLERK])
def test_other_staff_register_none(in_acme: Tenant, group: StaffGroup) -> None:
    staff = StaffFactory.create(tenant=in_acme, group=group)
    with pytest.raises(Forbidden):
        register(actor=acting(staff))
    assert not Application.objects.exists()


def test_customers_and_the_anonymous_register_none(in_acme: Tenant, alice: User) -> None:
    with pytest.raises(Forbidden):
        register(actor=acting(alice))
    with pytest.raises(LoginRequired):
        register(actor=ANONYMOUS)
    assert not Application.objects.exists()


def test_a_registration_wants_a_fresh_proof(in_acme: Tenant, sam: User) -> None:
    proved_at = acting(sam).proved_at
    assert proved_at
    with pytest.raises(FreshProofRequired):
        register(actor=replace(acting(sam), proved_at=proved_at - PROOF_LIFETIME - timedelta(seconds=1)))
    with pytest.raises(FreshProofRequired):
        register(actor=replace(acting(sam), proved_at=None))
    assert not Application.objects.exists()


def test_a_tenant_has_so_many_applications_and_no_more(acme: Tenant, globex: Tenant) -> None:
    for _ in range(MAX_APPLICATIONS):
        register(acme)
    with pytest.raises(TooManyApplications):
        register(acme)
    register(globex)
    with tenant_scope(acme.id):
        assert Application.objects.count() == MAX_APPLICATIONS


def test_the_system_registers_without_a_password(in_acme: Tenant) -> None:
    assert register(actor=SYSTEM).application.is_active

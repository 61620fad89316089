"""Changing, pausing, resuming and deleting applications: what it ends, and who may (contract, OAuth 2.0)."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from accounts.groups import StaffGroup
from accounts.models import User
from applications.digests import matches_secret_digest
from applications.errors import ApplicationNotFound, HasNoSecret
from applications.models import Application, ApplicationSession, AuthorizationCode, Consent, DeviceAuthorization
from applications.queries import count_connected_people, list_connected_applications
from applications.services.lifecycle import delete_application, pause_application, resume_application
from applications.services.registration import change_application, rotate_client_secret
from events.models import AuditEvent
from kernel.actor import ANONYMOUS, PROOF_LIFETIME, SYSTEM, Actor
from kernel.errors import Forbidden, FreshProofRequired, Invalid, LoginRequired, StaleVersion
from tenants.models import Tenant
from tenants.scoping import tenant_scope
from tests.applications.registering import CALLBACK, ask_from_device, connect, give_code, is_open, register
from tests.factories import StaffFactory, acting
from tests.snapshots import snapshot

Step = Callable[..., Any]


def change(application_id: Any, *, actor: Actor = SYSTEM, **changed: Any) -> Application:
    """Change the application of that id; without more arguments its name only."""
    given: dict[str, Any] = {
        "name": "Other",
        "redirect_uris": [CALLBACK],
        "scopes": ["read:pets", "read:orders"],
        "is_device": False,
    }
    return change_application(application_id=application_id, actor=actor, **given | changed)


def pause(application_id: Any, **given: Any) -> Any:
    return pause_application(application_id=application_id, **given)


def resume(application_id: Any, **given: Any) -> Any:
    return resume_application(application_id=application_id, **given)


def rotate(application_id: Any, **given: Any) -> Any:
    return rotate_client_secret(application_id=application_id, **given)


def delete(application_id: Any, **given: Any) -> Any:
    return delete_application(application_id=application_id, **given)


STEPS: dict[str, Step] = {"change": change, "pause": pause, "rotate": rotate, "delete": delete}
SENSITIVE: dict[str, Step] = {name: step for name, step in STEPS.items() if name != "pause"}


def last_event(application_id: Any) -> AuditEvent:
    event: AuditEvent = AuditEvent.objects.filter(entity_id=application_id).latest("id")
    return event


def last_changes(application_id: Any) -> dict[str, Any]:
    changes: dict[str, Any] = last_event(application_id).details["changes"]
    return changes


def count_pending_grants() -> int:
    return int(AuthorizationCode.objects.count() + DeviceAuthorization.objects.count())


def test_a_pause_ends_every_token_code_and_device_request_of_the_application_and_of_no_other(
    in_acme: Tenant, alice: User, bob: User
) -> None:
    application, other = register(is_device=True).application, register(name="Other", is_device=True).application
    sessions = [connect(application, alice), connect(application, alice), connect(application, bob)]
    elsewhere = connect(other, alice)
    for one in (application, other):
        give_code(one, alice)
        ask_from_device(one)
    assert all(map(is_open, sessions))
    paused = pause(application.id, actor=SYSTEM)
    assert (paused.status, paused.version) == ("PAUSED", 2)
    assert not any(map(is_open, sessions))
    assert is_open(elsewhere)
    for model in (AuthorizationCode, DeviceAuthorization):
        assert model.objects.get().application_id == other.id
    assert Consent.objects.filter(application=application).count() == 2


def test_a_pause_is_in_the_journal_with_the_number_of_connections(in_acme: Tenant, sam: User, alice: User) -> None:
    application = register().application
    connect(application, alice)
    pause(application.id, actor=acting(sam))
    event = last_event(application.id)
    assert (event.action, event.actor_id) == ("APPLICATION_PAUSED", sam.id)
    assert event.details == {"changes": {"status": ["ACTIVE", "PAUSED"], "connections": [1, 0]}}


def test_a_second_pause_changes_nothing(in_acme: Tenant) -> None:
    application = register().application
    pause(application.id, actor=SYSTEM)
    before = snapshot()
    pause(application.id, actor=SYSTEM)
    assert snapshot() == before


def test_resuming_brings_no_token_back(in_acme: Tenant, alice: User) -> None:
    application = register(is_device=True).application
    session, _, _ = connect(application, alice), give_code(application, alice), ask_from_device(application)
    pause(application.id, actor=SYSTEM)
    resumed = resume(application.id, actor=SYSTEM)
    assert resumed.is_active
    assert not is_open(session)
    assert count_pending_grants() == 0
    assert last_event(application.id).action == "APPLICATION_UPDATED"
    assert last_changes(application.id) == {"status": ["PAUSED", "ACTIVE"]}


def test_a_deletion_ends_every_token_and_leaves_no_row(in_acme: Tenant, sam: User, alice: User) -> None:
    application, other = register(is_device=True).application, register(name="Other").application
    session, elsewhere = connect(application, alice), connect(other, alice)
    give_code(application, alice)
    ask_from_device(application)
    delete(application.id, actor=acting(sam))
    assert not is_open(session)
    assert is_open(elsewhere)
    for model in (Consent, ApplicationSession):
        assert model.objects.get().application_id == other.id
    assert not AuthorizationCode.objects.exists()
    assert not DeviceAuthorization.objects.exists()
    assert [row.name for row in Application.objects.all()] == ["Other"]
    assert last_event(application.id).action == "APPLICATION_DELETED"
    changes = last_changes(application.id)
    assert changes["name"] == ["Probe", None]
    assert changes["connections"] == [1, 0]


def test_a_change_is_stored_and_in_the_journal_with_what_has_changed(in_acme: Tenant, sam: User) -> None:
    application = register().application
    uris = ["https://b.example/", CALLBACK]
    change(application.id, actor=acting(sam), name=" Probe 2 ", redirect_uris=uris, is_device=True)
    application.refresh_from_db()
    assert (application.name, application.redirect_uris, application.version) == ("Probe 2", uris, 2)
    assert last_changes(application.id) == {
        "name": ["Probe", "Probe 2"],
        "redirectUris": [[CALLBACK], uris],
        "device": [False, True],
    }


def test_a_change_to_the_same_values_changes_nothing(in_acme: Tenant) -> None:
    application = register().application
    before = snapshot()
    change(application.id, name="Probe")
    assert snapshot() == before


def test_a_change_to_wrong_values_changes_nothing(in_acme: Tenant, alice: User) -> None:
    application = register().application
    session = connect(application, alice)
    before = snapshot()
    wrong_values: list[dict[str, Any]] = [
        {"scopes": []},
        {"redirect_uris": []},
        {"redirect_uris": ["com.example.app:/"]},
        {"name": ""},
    ]
    for wrong in wrong_values:
        with pytest.raises(Invalid):
            change(application.id, **wrong)
    assert snapshot() == before
    assert is_open(session)


def test_a_private_scheme_may_be_added_to_a_public_application(in_acme: Tenant) -> None:
    application = register(is_public=True).application
    assert change(application.id, redirect_uris=["com.example.app:/"]).redirect_uris == ["com.example.app:/"]


def test_a_scope_that_is_no_longer_registered_ends_the_tokens_that_have_it(
    in_acme: Tenant, alice: User, bob: User, sam: User
) -> None:
    application = register().application
    with_it, without = connect(application, alice), connect(application, bob, ["read:pets"])
    only = connect(application, sam, ["read:orders"])
    give_code(application, alice)
    change(application.id, name="Probe", scopes=["read:pets"])
    assert [is_open(session) for session in (with_it, without, only)] == [False, True, False]
    assert count_pending_grants() == 0
    left = Consent.objects.order_by("user__username").values_list("user__username", "scopes")
    assert list(left) == [("alice", ["read:pets"]), ("bob", ["read:pets"])]
    assert last_changes(application.id) == {
        "scopes": [["read:pets", "read:orders"], ["read:pets"]],
        "connections": [2, 0],
    }


def test_a_scope_more_ends_nothing(in_acme: Tenant, alice: User) -> None:
    application = register(is_device=True).application
    session, _, _ = connect(application, alice), give_code(application, alice), ask_from_device(application)
    scopes = ["read:pets", "read:orders", "chat:write"]
    change(application.id, scopes=scopes, redirect_uris=[CALLBACK, "https://b.example/"], is_device=True)
    assert is_open(session)
    assert count_pending_grants() == 2
    assert Consent.objects.get().scopes == ["read:pets", "read:orders"]


@pytest.mark.parametrize("changed", [{"is_device": False}, {"redirect_uris": ["https://b.example/"]}])
def test_a_way_that_is_no_longer_registered_ends_what_waits_on_it(
    in_acme: Tenant, alice: User, changed: dict[str, Any]
) -> None:
    application = register(is_device=True).application
    session, _, _ = connect(application, alice), give_code(application, alice), ask_from_device(application)
    change(application.id, **{"is_device": True} | changed)
    assert count_pending_grants() == 0
    assert is_open(session)


def test_a_new_secret_ends_the_old_one_and_is_not_in_the_journal(in_acme: Tenant, sam: User) -> None:
    first = register()
    second = rotate(first.application.id, actor=acting(sam))
    application = Application.objects.get()
    assert first.secret
    assert first.secret != second.secret
    assert matches_secret_digest(second.secret, application.secret_digest)
    assert not matches_secret_digest(first.secret, application.secret_digest)
    assert last_changes(application.id) == {"secret": [None, "a new one"]}
    journal = json.dumps(list(AuditEvent.objects.values_list("details", flat=True)))
    assert second.secret not in journal
    assert application.secret_digest not in journal


def test_a_public_application_gets_no_secret(in_acme: Tenant) -> None:
    application = register(is_public=True).application
    before = snapshot()
    with pytest.raises(HasNoSecret):
        rotate(application.id, actor=SYSTEM)
    assert snapshot() == before


@pytest.mark.parametrize("name", STEPS)
def test_others_than_managers_change_nothing(in_acme: Tenant, alice: User, name: str) -> None:
    application = register().application
    session = connect(application, alice)
    staff = [StaffFactory.create(tenant=in_acme, group=group) for group in (StaffGroup.VIEWER, StaffGroup.CLERK)]
    before = snapshot()
    for somebody in (*staff, alice):
        with pytest.raises(Forbidden):
            STEPS[name](application.id, actor=acting(somebody))
    with pytest.raises(LoginRequired):
        STEPS[name](application.id, actor=ANONYMOUS)
    assert snapshot() == before
    assert is_open(session)


@pytest.mark.parametrize("name", STEPS)
def test_managers_and_admins_change_it(in_acme: Tenant, sam: User, root: User, name: str) -> None:
    for somebody in (sam, root):
        application = register().application
        before = snapshot()
        STEPS[name](application.id, actor=acting(somebody))
        assert snapshot() != before


@pytest.mark.parametrize("name", STEPS)
def test_an_application_of_another_tenant_is_not_found(acme: Tenant, globex: Tenant, gina: User, name: str) -> None:
    application = register(acme).application
    before = snapshot()
    with tenant_scope(globex.id), pytest.raises(ApplicationNotFound):
        STEPS[name](application.id, actor=acting(gina))
    assert snapshot() == before


@pytest.mark.parametrize("name", STEPS)
def test_a_stale_version_is_refused(in_acme: Tenant, sam: User, name: str) -> None:
    application = register().application
    change(application.id, name="Changed meanwhile")
    before = snapshot()
    with pytest.raises(StaleVersion):
        STEPS[name](application.id, actor=acting(sam), expected_version=1)
    assert snapshot() == before
    STEPS[name](application.id, actor=acting(sam), expected_version=2)
    assert snapshot() != before


@pytest.mark.parametrize("name", SENSITIVE)
def test_a_sensitive_step_wants_a_fresh_proof(in_acme: Tenant, sam: User, name: str) -> None:
    application, actor = register().application, acting(sam)
    before = snapshot()
    assert actor.proved_at
    for stale in (replace(actor, proved_at=None), replace(actor, proved_at=actor.proved_at - PROOF_LIFETIME)):
        with pytest.raises(FreshProofRequired):
            SENSITIVE[name](application.id, actor=stale)
    assert snapshot() == before


def test_a_pause_is_possible_at_once(in_acme: Tenant, sam: User) -> None:
    application = register().application
    assert pause(application.id, actor=replace(acting(sam), proved_at=None)).status == "PAUSED"


def test_people_are_counted_once_while_their_tokens_work(in_acme: Tenant, alice: User, bob: User) -> None:
    application, other = register().application, register(name="Another").application
    for user in (alice, alice, bob):
        connect(application, user)
    connect(other, alice)
    assert count_connected_people(application) == 2
    assert [one.name for one in list_connected_applications(alice)] == ["Another", "Probe"]
    pause(application.id, actor=SYSTEM)
    assert count_connected_people(application) == 0
    assert [one.name for one in list_connected_applications(alice)] == ["Another"]

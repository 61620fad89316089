"""Applications in the back office: managers register, change, pause and delete them, and see a secret once."""

from collections.abc import Iterator
from typing import Any

import pytest

from accounts.models import User
from accounts.services.tenants import add_tenant_member
from applications.digests import matches_secret_digest
from applications.models import Application
from erasure.services import erase_user
from events.models import AuditEvent
from kernel.actor import SYSTEM
from petstore.interfaces.backoffice.framework.forms import STALE
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.applications.registering import CALLBACK, connect, is_open, register
from tests.backoffice.crawler import crawl_pages, text_in
from tests.backoffice.screens import (
    Page,
    Screen,
    buttons_on,
    count_audit_events,
    messages_on,
    reload_row,
    rows_on,
    text_of,
)
from tests.factories import PASSWORD, CustomerFactory, acting
from tests.snapshots import snapshot

NEW: dict[str, Any] = {
    "name": "Walks",
    "type": "CONFIDENTIAL",
    "redirect_uris": f"{CALLBACK}\r\n\r\n  https://b.example/ \r\n",
    "scopes": ["read:pets", "read:orders"],
}
LIST, ADD, CHANGE, COMMAND = (f"applications_application_{name}" for name in ("changelist", "add", "change", "command"))


@pytest.fixture
def application(acme: Tenant) -> Application:
    return register(acme).application


def shown_form(application: Application) -> dict[str, Any]:
    """Its form as it was shown."""
    return {
        "name": application.name,
        "redirect_uris": "\n".join(application.redirect_uris),
        "scopes": application.scopes,
        "seen_version": application.version,
    }


def give_command(screen: Screen, application: Application, command: str, **more: Any) -> Page:
    return screen.fill(COMMAND, application.pk, command, version=application.version, **more)


def secret_on(page: Page) -> str:
    secret: str = page.context["secret"]
    assert secret in text_of(page)
    return secret


def log_in_long_ago(screen: Screen) -> None:
    session = screen.session
    session["proved_at"] = 0
    session.save()


def list_journal_details() -> Iterator[str]:
    with all_tenants(reason="the test looks for secrets"):
        yield from map(str, AuditEvent.objects.values_list("details", flat=True))


def test_a_manager_registers_an_application_and_sees_its_secret_once(acme: Tenant, sams: Screen) -> None:
    page = sams.fill(ADD, store=acme.pk, **NEW)
    (application,) = rows_on(sams.open(LIST))
    assert messages_on(page) == ["Walks is registered."]
    assert (application.tenant_id, application.type, application.is_device) == (acme.pk, "CONFIDENTIAL", False)
    assert application.redirect_uris == [CALLBACK, "https://b.example/"]
    assert application.scopes == ["read:pets", "read:orders"]
    assert matches_secret_digest(secret_on(page), application.secret_digest)
    assert application.client_id in text_of(page)
    assert "no-store" in page["Cache-Control"]
    assert count_audit_events(application.pk) == 1


def test_a_public_application_leads_to_its_page(acme: Tenant, sams: Screen) -> None:
    page = sams.fill(ADD, store=acme.pk, **NEW | {"type": "PUBLIC", "redirect_uris": "com.example.app:/callback"})
    (application,) = rows_on(sams.open(LIST))
    assert page.redirect_chain[-1][0].endswith(f"/{application.pk}/change/")
    assert application.client_id in text_of(page)
    assert "secret" not in page.context


def test_an_application_for_devices_needs_no_redirect_uri(acme: Tenant, sams: Screen) -> None:
    sams.fill(ADD, store=acme.pk, **NEW | {"redirect_uris": "", "is_device": "on"})
    (application,) = rows_on(sams.open(LIST))
    assert (application.redirect_uris, application.is_device) == ([], True)


@pytest.mark.parametrize(
    ("wrong", "field", "sentence"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"name": "x" * 61}, "name", "at most 60 characters"),
        ({"name": "Wal\u202eks"}, "name", "one line without control"),
        ({"redirect_uris": ""}, "redirect_uris", "Give at least one redirect URI"),
        ({"redirect_uris": "http://localhost/callback"}, "redirect_uris", "127.0.0.1 and [::1] only"),
        ({"redirect_uris": f"{CALLBACK}\nhttps://b.example/#top"}, "redirect_uris", "(Redirect URI 2.)"),
        ({"redirect_uris": "com.example.app:/"}, "redirect_uris", "Only a public application"),
        ({"redirect_uris": "https://b.example/\x00"}, "redirect_uris", "no spaces, control characters"),
        ({"redirect_uris": "https://b.example/\x0bhttps://c.example/"}, "redirect_uris", "control characters"),
        ({"scopes": []}, "scopes", "This field is required."),
        ({"scopes": ["openid"]}, "scopes", "Select a valid choice."),
        ({"type": "SECRET"}, "type", "Select a valid choice."),
    ],
)
def test_a_refused_application_is_told_why(
    acme: Tenant, sams: Screen, wrong: dict[str, Any], field: str, sentence: str
) -> None:
    before = snapshot()
    page = sams.fill(ADD, store=acme.pk, **NEW | wrong)
    assert {*page.context["adminform"].form.errors} == {field}
    assert sentence in text_of(page)
    assert snapshot() == before


def test_a_refused_form_is_shown_again_with_what_was_typed(acme: Tenant, sams: Screen) -> None:
    page = sams.fill(ADD, store=acme.pk, **NEW | {"redirect_uris": "http://one.example/\nhttp://two.example/"})
    assert "http://one.example/\nhttp://two.example/" in text_of(page)


def test_staff_of_two_tenants_choose_whose_it_is(sam: User, globex: Tenant, sams: Screen) -> None:
    add_tenant_member(tenant_id=globex.pk, username=sam.username, actor=SYSTEM)
    sams.fill(ADD, store=globex.pk, **NEW)
    assert [row.tenant_id for row in rows_on(sams.open(LIST))] == [globex.pk]


def test_a_manager_changes_what_it_may_ask_for(application: Application, alice: User, sams: Screen) -> None:
    session = connect(application, alice)
    values = {"name": "Longer walks", "scopes": ["read:pets"], "redirect_uris": "https://c.example/", "is_device": "on"}
    page = sams.fill(CHANGE, application.pk, **shown_form(application) | values)
    row = reload_row(application)
    assert page.status_code == 200
    assert (row.name, row.scopes, row.redirect_uris) == ("Longer walks", ["read:pets"], ["https://c.example/"])
    assert (row.is_device, row.version) == (True, 2)
    assert not is_open(session)


def test_its_form_shows_what_it_has(application: Application, sams: Screen) -> None:
    form = sams.open(CHANGE, application.pk).context["adminform"].form
    assert form["redirect_uris"].value() == CALLBACK
    assert form["scopes"].value() == ["read:pets", "read:orders"]
    text = text_of(sams.open(CHANGE, application.pk))
    assert "See your orders (read:orders)" in text
    assert "('ACTIVE'" not in text
    assert application.client_id in text


def test_a_stale_form_is_refused_and_shown_again(application: Application, sams: Screen) -> None:
    give_command(sams, application, "pause")
    before = snapshot()
    page = sams.fill(CHANGE, application.pk, **shown_form(application) | {"name": "Other"})
    assert STALE in text_of(page)
    assert snapshot() == before


def test_a_pause_says_first_what_will_happen(application: Application, alice: User, bob: User, sams: Screen) -> None:
    assert "nobody is connected" in text_of(sams.open(COMMAND, application.pk, "pause"))
    sessions = [connect(application, alice), connect(application, alice)]
    assert "1 person is connected" in text_of(sams.open(COMMAND, application.pk, "pause"))
    connect(application, bob)
    page = text_of(sams.open(COMMAND, application.pk, "pause"))
    assert "2 people are connected" in page
    assert "All its tokens end at once" in page
    assert all(map(is_open, sessions))
    assert messages_on(give_command(sams, application, "pause")) == ["1 application paused."]
    assert not any(map(is_open, sessions))
    assert "nobody" in text_of(sams.open(CHANGE, application.pk))


def test_a_paused_application_is_made_active_again(application: Application, sams: Screen) -> None:
    assert buttons_on(sams.open(CHANGE, application.pk)) == ["pause", "rotate", "remove"]
    give_command(sams, application, "pause")
    assert buttons_on(sams.open(CHANGE, application.pk)) == ["resume", "rotate", "remove"]
    give_command(sams, reload_row(application), "resume")
    assert reload_row(application).status == "ACTIVE"


def test_a_new_secret_is_shown_once(application: Application, sams: Screen) -> None:
    page = give_command(sams, application, "rotate")
    secret = secret_on(page)
    assert matches_secret_digest(secret, reload_row(application).secret_digest)
    assert "no-store" in page["Cache-Control"]
    assert secret not in text_of(sams.open(CHANGE, application.pk))


def test_a_public_application_has_no_secret_to_rotate(acme: Tenant, sams: Screen) -> None:
    public = register(acme, is_public=True).application
    assert buttons_on(sams.open(CHANGE, public.pk)) == ["pause", "remove"]
    before = snapshot()
    page = give_command(sams, public, "rotate")
    assert messages_on(page) == ["Probe: A public application has no secret"]
    assert snapshot() == before


def test_a_deletion_leads_to_the_list(application: Application, alice: User, sams: Screen) -> None:
    session = connect(application, alice)
    assert "1 person is connected" in text_of(sams.open(COMMAND, application.pk, "remove"))
    page = give_command(sams, application, "remove")
    assert messages_on(page) == ["1 application deleted."]
    assert rows_on(page) == []
    assert not is_open(session)
    assert count_audit_events(application.pk) == 2


@pytest.mark.parametrize("command", ["pause", "rotate", "remove"])
def test_a_click_on_a_stale_page_is_refused(application: Application, sams: Screen, command: str) -> None:
    sams.fill(CHANGE, application.pk, **shown_form(application) | {"name": "Other"})
    before = snapshot()
    page = give_command(sams, application, command)
    assert messages_on(page) == [f"Other: {STALE}"]
    assert snapshot() == before


@pytest.mark.parametrize("command", ["pause", "resume", "rotate", "remove"])
def test_a_get_changes_nothing(application: Application, sams: Screen, command: str) -> None:
    before = snapshot()
    assert sams.open(COMMAND, application.pk, command).status_code == 200
    assert snapshot() == before


@pytest.mark.parametrize("command", ["rotate", "remove"])
def test_a_sensitive_command_asks_for_ones_own_password(application: Application, sams: Screen, command: str) -> None:
    log_in_long_ago(sams)
    before = snapshot()
    page = give_command(sams, application, command)
    assert 'name="password"' in text_of(page)
    assert snapshot() == before
    give_command(sams, application, command, password=PASSWORD)
    assert snapshot() != before


def test_forms_ask_for_ones_own_password(acme: Tenant, application: Application, sams: Screen) -> None:
    log_in_long_ago(sams)
    before = snapshot()
    changed = shown_form(application) | {"name": "Other"}
    for page in (sams.fill(ADD, store=acme.pk, **NEW), sams.fill(CHANGE, application.pk, **changed)):
        assert 'name="own_password"' in text_of(page)
    assert snapshot() == before
    sams.fill(CHANGE, application.pk, **changed, own_password=PASSWORD)
    assert reload_row(application).name == "Other"


def test_a_pause_asks_for_no_password(application: Application, sams: Screen) -> None:
    log_in_long_ago(sams)
    give_command(sams, application, "pause")
    assert reload_row(application).status == "PAUSED"


def test_the_list_finds_and_filters(acme: Tenant, sams: Screen) -> None:
    walks = register(acme, name="Walks").application
    lamp = register(acme, name="Lamp", is_public=True).application
    give_command(sams, lamp, "pause")
    assert rows_on(sams.open(LIST)) == [lamp, walks]
    for query, found in (
        ({"q": "walk"}, walks),
        ({"q": walks.client_id}, walks),
        ({"q": str(lamp.pk)}, lamp),
        ({"type__exact": "PUBLIC"}, lamp),
        ({"status__exact": "PAUSED"}, lamp),
        ({"status__exact": "ACTIVE"}, walks),
    ):
        assert rows_on(sams.open(LIST, **query)) == [found]
    text = text_of(sams.open(LIST))
    assert "read:pets, read:orders" in text
    assert "Confidential" in text


def test_another_tenants_application_is_nowhere(globex: Tenant, sams: Screen) -> None:
    foreign = register(globex, name="Canary of Globex").application
    before = snapshot()
    assert rows_on(sams.open(LIST)) == []
    for command in ("pause", "rotate", "remove"):
        assert "Canary" not in text_of(give_command(sams, foreign, command))
    assert "Canary" not in text_of(sams.open(CHANGE, foreign.pk))
    sams.fill(CHANGE, foreign.pk, **shown_form(foreign) | {"name": "Taken"})
    sams.fill(ADD, store=globex.pk, **NEW)
    assert snapshot() == before


def test_a_users_page_shows_what_they_have_connected(
    acme: Tenant, application: Application, alice: User, bob: User, sams: Screen
) -> None:
    other = register(acme, name="Never connected").application
    connect(application, alice)
    connect(other, bob)
    text = text_of(sams.open("accounts_user_change", alice.pk))
    assert f"/applications/application/{application.pk}/change/" in text
    assert "Never connected" not in text
    give_command(sams, application, "pause")
    assert "Connected applications" not in text_of(sams.open("accounts_user_change", alice.pk))


@pytest.mark.any_database
def test_no_page_log_line_or_journal_entry_has_a_secret_or_its_digest(
    acme: Tenant, sams: Screen, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    first = secret_on(sams.fill(ADD, store=acme.pk, **NEW))
    (application,) = rows_on(sams.open(LIST))
    secrets = {first, application.secret_digest, secret_on(give_command(sams, application, "rotate"))}
    application = reload_row(application)
    secrets.add(application.secret_digest)
    give_command(sams, application, "pause")
    assert len(secrets) == 4
    seen = {address: text_in(page) for address, page in crawl_pages(sams)}
    assert any(application.client_id in text for text in seen.values())
    for text in (*seen.values(), *list_journal_details(), caplog.text):
        assert not [secret for secret in secrets if secret in text]


@pytest.mark.any_database
def test_of_an_erased_person_no_page_says_what_they_had_connected(
    acme: Tenant, application: Application, roots: Screen, root: User
) -> None:
    canary = CustomerFactory.create(tenant=acme, username="canary.person")
    connect(application, canary)
    page = f"/applications/application/{application.pk}/change/"
    assert "1 person" in text_of(roots.open(CHANGE, application.pk))
    assert page in text_of(roots.open("accounts_user_change", canary.pk))
    assert any("canary" in text_in(answer).lower() for _, answer in crawl_pages(roots))
    with tenant_scope(acme.pk):
        erase_user(user_id=canary.pk, actor=acting(root))
    assert "nobody" in text_of(roots.open(CHANGE, application.pk))
    assert page not in text_of(roots.open("accounts_user_change", canary.pk))
    assert [address for address, answer in crawl_pages(roots) if "canary" in text_in(answer).lower()] == []
    assert not [details for details in list_journal_details() if "canary" in details]

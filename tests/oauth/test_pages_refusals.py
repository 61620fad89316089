"""What the consent page refuses: nothing is stored, and nobody is sent where they should not be."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from django.conf import settings as django_settings
from django.test import Client

from accounts.models import User
from accounts.services.registration import change_user_status
from accounts.services.sessions import start_login_session
from applications.models import Application, Consent
from applications.services.lifecycle import pause_application
from kernel.actor import SYSTEM
from petstore.interfaces.http.tokens import issue_token_pair
from petstore.interfaces.oauth.pages.browser_sessions import COOKIE
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.applications.registering import CALLBACK, register
from tests.backoffice.screens import screen_of
from tests.oauth.browsers import LOGIN, Browser, Page, answer_of, authorize_address, place_of, text_of
from tests.oauth.near_addresses import NEAR, NEAR_LOOPBACK
from tests.oauth.test_authorization_requests import asked_of
from tests.snapshots import snapshot

LOOPBACK = "http://127.0.0.1:49152/done"
ALLOW = {"allow": "1"}


def all_ways(browser: Browser, address: str) -> list[Page]:
    """The answers to a look, to a click on Allow, and to somebody who is not logged in."""
    return [browser.get(address), browser.send(address, ALLOW), Client().get(address)]


def doubted(browser: Browser, address: str) -> None:
    """The browser is sent nowhere, whoever asks, and nothing is stored."""
    before = snapshot()
    for page in all_ways(browser, address):
        assert (page.status_code, place_of(page)) == (400, "")
        assert "This link does not work" in text_of(page)
    assert snapshot() == before


def told(browser: Browser, address: str, error: str, state: str | None = "s-1") -> None:
    """The application is told what is wrong, whoever asks, and nothing is stored."""
    before = snapshot()
    for page in all_ways(browser, address):
        answer = answer_of(page)
        assert (page.status_code, place_of(page)) == (302, CALLBACK)
        assert (answer["error"], answer.get("state"), answer["iss"]) == (error, state, "http://testserver")
        assert answer.keys() <= {"error", "error_description", "state", "iss"}
    assert snapshot() == before


@pytest.mark.parametrize("redirect_uri", NEAR)
def test_an_address_that_nearly_matches_gets_nothing(alices: Browser, partner: Application, redirect_uri: str) -> None:
    assert alices.get(authorize_address(partner)).status_code == 200
    doubted(alices, authorize_address(partner, redirect_uri=redirect_uri))


@pytest.mark.parametrize("redirect_uri", NEAR_LOOPBACK)
def test_of_a_loopback_address_only_the_port_is_free(alices: Browser, tool: Application, redirect_uri: str) -> None:
    assert alices.get(authorize_address(tool, redirect_uri=LOOPBACK)).status_code == 200
    doubted(alices, authorize_address(tool, redirect_uri=redirect_uri))


@pytest.mark.parametrize("client_id", [None, "", "nobody", "x" * 5000, "\u2603", "a\x00b", "' OR 1=1 --"])
def test_an_unknown_application_gets_nothing(alices: Browser, partner: Application, client_id: str | None) -> None:
    doubted(alices, authorize_address(partner, client_id=client_id))


@pytest.mark.parametrize("name", ["client_id", "redirect_uri"])
def test_an_application_that_names_itself_twice_gets_nothing(alices: Browser, partner: Application, name: str) -> None:
    asked = asked_of(partner)
    doubted(alices, f"/oauth/authorize?{urlencode([*asked.items(), (name, asked[name])])}")


def test_of_several_addresses_one_has_to_be_said(alices: Browser, acme: Tenant) -> None:
    application = register(acme, name="Two", redirect_uris=[CALLBACK, "https://app.example/other"]).application
    doubted(alices, authorize_address(application, redirect_uri=None))


def test_no_query_at_all_gets_nothing(alices: Browser) -> None:
    doubted(alices, "/oauth/authorize")


def test_a_paused_application_gets_nothing(alices: Browser, partner: Application) -> None:
    alices.send(authorize_address(partner), ALLOW)
    with tenant_scope(partner.tenant_id):
        pause_application(application_id=partner.pk, actor=SYSTEM)
    before = snapshot()
    for page in all_ways(alices, authorize_address(partner)):
        assert (page.status_code, place_of(page)) == (400, "")
        assert "Probe is paused" in text_of(page)
    assert snapshot() == before


def test_a_suspended_store_says_that_it_is_closed(alices: Browser, partner: Application, acme: Tenant) -> None:
    alices.send(authorize_address(partner), ALLOW)
    acme.status = Tenant.Status.SUSPENDED
    acme.save()
    before = snapshot()
    answers = [*all_ways(alices, authorize_address(partner)), alices.get("/oauth/granted")]
    answers.append(alices.get(LOGIN, {"next": authorize_address(partner)}))
    answers.append(alices.log_in("alice", next_address=authorize_address(partner)))
    for page in answers:
        assert (page.status_code, place_of(page)) == (403, "")
        assert "This store is closed for now" in text_of(page)
    assert snapshot() == before


@pytest.mark.parametrize(
    ("changed", "error"),
    [
        ({"scope": None}, "invalid_scope"),
        ({"scope": ""}, "invalid_scope"),
        ({"scope": "openid"}, "invalid_scope"),
        ({"scope": "read:pets openid"}, "invalid_scope"),
        ({"scope": "read:everything"}, "invalid_scope"),
        ({"scope": "write:orders"}, "invalid_scope"),
        ({"scope": "READ:PETS"}, "invalid_scope"),
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"code_challenge_method": "s256"}, "invalid_request"),
        ({"code_challenge": "x"}, "invalid_request"),
        ({"response_type": None}, "invalid_request"),
        ({"response_type": "token"}, "unsupported_response_type"),
        ({"response_type": "code id_token"}, "unsupported_response_type"),
        ({"resource": "https://evil.example"}, "invalid_target"),
    ],
)
def test_what_else_is_wrong_the_application_is_told(
    alices: Browser, partner: Application, changed: dict[str, str | None], error: str
) -> None:
    told(alices, authorize_address(partner, **changed), error)


@pytest.mark.parametrize("name", ["scope", "response_type", "code_challenge", "code_challenge_method", "resource"])
def test_a_parameter_twice_the_application_is_told(alices: Browser, partner: Application, name: str) -> None:
    told(alices, authorize_address(partner) + f"&{name}=a&{name}=b", "invalid_request")


def test_a_state_twice_is_not_repeated(alices: Browser, partner: Application) -> None:
    told(alices, authorize_address(partner) + "&state=s-2", "invalid_request", state=None)


def test_only_the_buttons_of_the_form_count(alices: Browser, partner: Application, alice: User) -> None:
    forged = {"scope": "read:pets", "redirect_uri": "https://evil.example/", "client_id": "x", "user": "bob"}
    sent = alices.send(authorize_address(partner), {**ALLOW, **forged})
    assert place_of(sent) == CALLBACK
    with all_tenants(reason="test"):
        consent = Consent.objects.get()
    assert (consent.user_id, consent.scopes) == (alice.pk, ["read:pets", "read:orders"])


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}, {"origin": "null"}])
def test_another_site_cannot_press_allow(alices: Browser, partner: Application, headers: dict[str, str]) -> None:
    alices.get(authorize_address(partner))
    before = snapshot()
    assert alices.post(authorize_address(partner), ALLOW, headers=headers).status_code == 403
    if headers:
        assert alices.send(authorize_address(partner), ALLOW, headers=headers).status_code == 403
    for token in ("", "x" * 64):
        assert alices.post(authorize_address(partner), {**ALLOW, "csrfmiddlewaretoken": token}).status_code == 403
    assert snapshot() == before


def test_pressing_allow_without_a_session_leads_to_the_log_in(browser: Browser, partner: Application) -> None:
    before = snapshot()
    page = browser.send(authorize_address(partner), ALLOW)
    assert (page.status_code, place_of(page)) == (302, LOGIN)
    assert answer_of(page)["next"] == authorize_address(partner)
    assert snapshot() == before


def test_after_logging_out_the_form_is_good_for_nothing(alices: Browser, partner: Application) -> None:
    alices.get(authorize_address(partner))
    form_token = alices.cookies["csrftoken"].value
    alices.send("/oauth/logout")
    before = snapshot()
    assert place_of(alices.get(authorize_address(partner))) == LOGIN
    assert alices.post(authorize_address(partner), {**ALLOW, "csrfmiddlewaretoken": form_token}).status_code == 403
    assert snapshot() == before


def test_a_suspended_user_allows_nothing(alices: Browser, partner: Application, alice: User) -> None:
    with tenant_scope(alice.tenant_id):
        change_user_status(user_id=alice.pk, status=User.Status.SUSPENDED, reason="test", actor=SYSTEM)
    before = snapshot()
    for page in (alices.get(authorize_address(partner)), alices.send(authorize_address(partner), ALLOW)):
        assert place_of(page) == LOGIN
    assert "This account is suspended" in text_of(alices.log_in("alice", next_address=authorize_address(partner)))
    assert snapshot() == before


def test_a_session_of_another_store_does_not_count(
    alices: Browser, partner: Application, globex: Tenant, pool: Tenant
) -> None:
    assert alices.get(authorize_address(partner)).status_code == 200
    theirs = register(globex, name="Theirs").application
    everybodys = register(pool, name="Everybody's").application
    before = snapshot()
    for application in (theirs, everybodys):
        for page in (alices.get(authorize_address(application)), alices.send(authorize_address(application), ALLOW)):
            assert place_of(page) == LOGIN
    assert snapshot() == before


def test_who_is_of_another_store_cannot_log_in_for_it(
    browser: Browser, partner: Application, charlie: User, pam: User, gina: User
) -> None:
    for name in ("charlie", "pam", "gina"):
        page = browser.log_in(name, next_address=authorize_address(partner))
        assert "Username or password is wrong." in text_of(page)
    assert browser.token == ""


def test_a_tenant_header_changes_nothing(alices: Browser, partner: Application, globex: Tenant) -> None:
    page = alices.get(authorize_address(partner), HTTP_X_TENANT_ID=str(globex.id))
    assert "at Acme" in text_of(page)


def test_what_another_user_has_allowed_does_not_count(alices: Browser, partner: Application, bob: User) -> None:
    alices.send(authorize_address(partner), ALLOW)
    assert alices.get(authorize_address(partner)).status_code == 302
    bobs = Browser()
    bobs.log_in("bob", next_address=authorize_address(partner))
    assert bobs.get(authorize_address(partner)).status_code == 200
    assert answer_of(bobs.get(authorize_address(partner, prompt="none")))["error"] == "consent_required"


def test_neither_the_back_office_nor_a_token_opens_the_page(partner: Application, sam: User) -> None:
    screen: Any = screen_of(sam)
    assert screen.get("/admin/").status_code == 200
    with tenant_scope(sam.tenant_id):
        token = issue_token_pair(start_login_session(sam)).token
    before = snapshot()
    assert place_of(screen.get(authorize_address(partner))) == LOGIN
    screen.cookies[COOKIE] = screen.cookies[django_settings.SESSION_COOKIE_NAME].value
    assert place_of(screen.get(authorize_address(partner))) == LOGIN
    stranger = Client()
    assert place_of(stranger.get(authorize_address(partner), HTTP_AUTHORIZATION=f"Bearer {token}")) == LOGIN
    stranger.cookies[COOKIE] = token
    assert place_of(stranger.get(authorize_address(partner))) == LOGIN
    assert snapshot() == before


def test_no_page_repeats_what_it_was_sent(alices: Browser, partner: Application) -> None:
    canary = "zx-canary-81"
    address = authorize_address(partner, client_id=canary, redirect_uri=f"https://evil.example/{canary}")
    page = alices.get(address).content.decode()
    assert not re.search(f"{canary}|evil", page)

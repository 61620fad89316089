"""The consent page: what it says, what allowing and denying do, when nobody is asked."""

from urllib.parse import urlsplit

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from accounts.models import User
from applications.models import Application, AuthorizationCode, Consent
from applications.services.codes import redeem_authorization_code
from events.models import Action, AuditEvent
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.applications.registering import CALLBACK, register
from tests.oauth.browsers import LOGIN, Browser, answer_of, authorize_address, place_of, text_of
from tests.oauth.granting import VERIFIER
from tests.snapshots import snapshot

ISSUER = "http://testserver"
LOOPBACK = "http://127.0.0.1:49152/done"


def consents_of(user: User) -> dict[str, list[str]]:
    with all_tenants(reason="test"):
        rows = Consent.objects.filter(user=user).select_related("application")
        return {row.application.name: row.scopes for row in rows}


def codes_for(user: User) -> list[AuthorizationCode]:
    with all_tenants(reason="test"):
        return list(AuthorizationCode.objects.filter(user=user))


def redeem(application: Application, code: str, redirect_uri: str = CALLBACK) -> tuple[str, ...]:
    """The scopes that the application gets for a code."""
    with tenant_scope(application.tenant_id):
        granted = redeem_authorization_code(
            application=application, code=code, redirect_uri=redirect_uri, code_verifier=VERIFIER
        )
    return tuple(granted.scopes)


def test_who_is_not_logged_in_logs_in_and_comes_back(browser: Browser, partner: Application, alice: User) -> None:
    address = authorize_address(partner)
    away = browser.get(address)
    assert (away.status_code, place_of(away)) == (302, LOGIN)
    page = browser.get(away["Location"])
    assert "Acme" in text_of(page)
    assert "Probe does not see your password." in text_of(page)
    assert browser.log_in("alice", next_address=answer_of(away)["next"])["Location"] == address
    assert browser.get(address).status_code == 200


def test_the_page_says_who_wants_what_of_whom(alices: Browser, partner: Application) -> None:
    page = text_of(alices.get(authorize_address(partner)))
    assert page.startswith("Allow Probe? · Acme")
    for words in (
        "Probe wants to act for you at Acme",
        "Logged in as alice",
        "Not you?",
        "See the pets",
        "See your orders",
        "You go back to app.example",
        "Probe never sees your password",
    ):
        assert words in page
    assert "Place and cancel orders" not in page


def test_a_public_application_is_said_to_be_anybody(alices: Browser, tool: Application) -> None:
    page = text_of(alices.get(authorize_address(tool, redirect_uri=LOOPBACK)))
    assert "You go back to a program on this device, 127.0.0.1:49152 ." in page
    assert "Allow it only if you have just started it yourself." in page


def test_a_name_is_text(alices: Browser, acme: Tenant) -> None:
    application = register(acme, name='<b onclick="x">Bold</b>').application
    page = alices.get(authorize_address(application)).content.decode()
    assert "<b onclick" not in page
    assert "&lt;b onclick=&quot;x&quot;&gt;Bold&lt;/b&gt;" in page


def test_looking_at_the_page_allows_nothing(alices: Browser, partner: Application) -> None:
    before = snapshot()
    alices.get(authorize_address(partner))
    alices.head(authorize_address(partner))
    assert alices.send(authorize_address(partner)).status_code == 200
    assert snapshot() == before


def test_allowing_sends_back_a_code_that_works(alices: Browser, partner: Application, alice: User) -> None:
    sent = alices.send(authorize_address(partner), {"allow": "1"})
    answer = answer_of(sent)
    assert (sent.status_code, place_of(sent)) == (302, CALLBACK)
    assert answer == {"code": answer["code"], "state": "s-1", "iss": ISSUER}
    assert consents_of(alice) == {"Probe": ["read:pets", "read:orders"]}
    assert redeem(partner, answer["code"]) == ("read:pets", "read:orders")


def test_allowing_is_journaled_with_address_and_request(alices: Browser, partner: Application, alice: User) -> None:
    alices.send(authorize_address(partner), {"allow": "1"}, HTTP_X_REQUEST_ID="req-7", REMOTE_ADDR="203.0.113.7")
    with all_tenants(reason="test"):
        event = AuditEvent.objects.get(action=Action.CONSENT_GRANTED)
    assert (event.tenant_id, event.actor_id, event.entity_id) == (partner.tenant_id, alice.pk, partner.pk)
    assert (event.ip_address, event.request_id) == ("203.0.113.7", "req-7")


@pytest.mark.parametrize("buttons", [{"deny": "1"}, {"deny": "1", "allow": "1"}])
def test_denying_says_so_and_stores_nothing(alices: Browser, partner: Application, buttons: dict[str, str]) -> None:
    before = snapshot()
    answer = answer_of(alices.send(authorize_address(partner), buttons))
    assert (answer["error"], answer["state"], answer["iss"]) == ("access_denied", "s-1", ISSUER)
    assert snapshot() == before


def test_a_confidential_application_asks_once(alices: Browser, partner: Application) -> None:
    alices.send(authorize_address(partner), {"allow": "1"})
    again = alices.get(authorize_address(partner, state="s-2"))
    assert (again.status_code, answer_of(again)["state"]) == (302, "s-2")
    assert redeem(partner, answer_of(again)["code"]) == ("read:pets", "read:orders")


def test_it_asks_again_for_scopes_that_it_has_not_got(alices: Browser, partner: Application, alice: User) -> None:
    alices.send(authorize_address(partner, scope="read:pets"), {"allow": "1"})
    page = alices.get(authorize_address(partner, scope="read:pets read:orders"))
    assert (page.status_code, "See your orders" in text_of(page)) == (200, True)
    assert alices.get(authorize_address(partner, scope="read:pets")).status_code == 302
    alices.send(authorize_address(partner, scope="read:orders"), {"allow": "1"})
    assert consents_of(alice) == {"Probe": ["read:pets", "read:orders"]}


def test_it_asks_again_where_it_wants_to(alices: Browser, partner: Application) -> None:
    alices.send(authorize_address(partner), {"allow": "1"})
    assert alices.get(authorize_address(partner)).status_code == 302
    assert alices.get(authorize_address(partner, prompt="consent")).status_code == 200


def test_a_public_application_asks_each_time(alices: Browser, tool: Application) -> None:
    address = authorize_address(tool, redirect_uri=LOOPBACK)
    sent = alices.send(address, {"allow": "1"})
    assert place_of(sent) == LOOPBACK
    assert alices.get(address).status_code == 200


def test_looking_at_the_head_of_what_was_allowed_issues_no_code(
    alices: Browser, partner: Application, alice: User
) -> None:
    alices.send(authorize_address(partner), {"allow": "1"})
    assert alices.head(authorize_address(partner)).status_code == 200
    assert len(codes_for(alice)) == 1


def test_a_double_click_gives_two_codes_and_one_consent(alices: Browser, partner: Application, alice: User) -> None:
    sent = [alices.send(authorize_address(partner), {"allow": "1"}) for _ in range(2)]
    assert [place_of(page) for page in sent] == [CALLBACK, CALLBACK]
    assert len(codes_for(alice)) == 2
    assert consents_of(alice) == {"Probe": ["read:pets", "read:orders"]}
    assert redeem(partner, answer_of(sent[1])["code"]) == ("read:pets", "read:orders")


@pytest.mark.parametrize(
    ("prompt", "error"),
    [("none", "login_required"), ("none consent", "invalid_request"), ("login none", "invalid_request")],
)
def test_without_a_session_prompt_none_shows_no_page(
    browser: Browser, partner: Application, prompt: str, error: str
) -> None:
    before = snapshot()
    answer = answer_of(browser.get(authorize_address(partner, prompt=prompt)))
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "s-1", ISSUER)
    assert snapshot() == before


def test_without_a_consent_prompt_none_shows_no_page(alices: Browser, partner: Application, tool: Application) -> None:
    assert answer_of(alices.get(authorize_address(partner, prompt="none")))["error"] == "consent_required"
    alices.send(authorize_address(partner), {"allow": "1"})
    assert "code" in answer_of(alices.get(authorize_address(partner, prompt="none")))
    address = authorize_address(tool, redirect_uri=LOOPBACK)
    alices.send(address, {"allow": "1"})
    page = alices.get(authorize_address(tool, redirect_uri=LOOPBACK, prompt="none"))
    assert answer_of(page)["error"] == "consent_required"


def test_a_customer_gives_only_what_customers_have(alices: Browser, acme: Tenant, alice: User) -> None:
    wide = register(acme, name="Wide", scopes=["read:pets", "write:pets"]).application
    address = authorize_address(wide, scope="read:pets write:pets")
    page = text_of(alices.get(address))
    assert ("See the pets" in page, "Change the pets" in page) == (True, False)
    answer = answer_of(alices.send(address, {"allow": "1"}))
    assert consents_of(alice) == {"Wide": ["read:pets"]}
    assert redeem(wide, answer["code"]) == ("read:pets",)
    assert alices.get(address).status_code == 302


def test_where_nothing_is_left_the_application_is_told(alices: Browser, acme: Tenant) -> None:
    wide = register(acme, name="Wide", scopes=["read:pets", "write:pets"]).application
    before = snapshot()
    for page in (
        alices.get(authorize_address(wide, scope="write:pets")),
        alices.send(authorize_address(wide, scope="write:pets"), {"allow": "1"}),
    ):
        assert (answer_of(page)["error"], place_of(page)) == ("invalid_scope", CALLBACK)
    assert snapshot() == before


def test_staff_are_told_that_it_is_about_all_customers(browser: Browser, acme: Tenant, sam: User) -> None:
    wide = register(acme, name="Wide", scopes=["read:orders", "write:pets"]).application
    address = authorize_address(wide, scope="read:orders write:pets")
    browser.log_in("sam", next_address=address)
    page = text_of(browser.get(address))
    assert ("those of all customers" in page, "Change the pets" in page) == (True, True)
    assert redeem(wide, answer_of(browser.send(address, {"allow": "1"}))["code"]) == ("write:pets", "read:orders")


def test_an_admin_logs_in_at_any_store(browser: Browser, partner: Application, root: User) -> None:
    address = authorize_address(partner)
    browser.log_in("root", next_address=address)
    assert "Logged in as root" in text_of(browser.get(address))
    assert redeem(partner, answer_of(browser.send(address, {"allow": "1"}))["code"]) == ("read:pets", "read:orders")


def test_the_pools_application_is_for_the_pools_people(browser: Browser, pam: User, pool: Tenant) -> None:
    application = register(pool, name="Everywhere").application
    address = authorize_address(application)
    browser.log_in("pam", next_address=address)
    assert "Everywhere wants to act for you at Pet Store" in text_of(browser.get(address))
    assert place_of(browser.send(address, {"allow": "1"})) == CALLBACK


@pytest.mark.parametrize(
    ("redirect_uri", "source", "is_public"),
    [
        ("https://app.example/callback", "https:", False),
        ("https://app.example:8443/a?b=c", "https:", False),
        ("http://127.0.0.1:49152/done", "http://127.0.0.1:49152", True),
        ("http://[::1]:49152/done", "http:", True),
        ("com.example.app:/done", "com.example.app:", True),
    ],
)
def test_the_form_may_lead_there_and_nowhere_else(
    alices: Browser, acme: Tenant, redirect_uri: str, source: str, is_public: bool
) -> None:
    application = register(acme, name="There", redirect_uris=[redirect_uri], is_public=is_public).application
    address = authorize_address(application, redirect_uri=redirect_uri)
    policy = (
        f"default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self' {source}; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert alices.get(address)["Content-Security-Policy"] == policy
    assert Browser().get(LOGIN, {"next": address})["Content-Security-Policy"] == policy
    sent = alices.send(address, {"allow": "1"})
    assert sent.status_code == 302
    assert str(sent["Location"]).startswith(redirect_uri)


def test_a_log_in_for_an_address_that_is_not_the_applications_leads_nowhere(partner: Application) -> None:
    page = Browser().get(LOGIN, {"next": authorize_address(partner, redirect_uri="https://evil.example/")})
    assert "form-action 'self';" in page["Content-Security-Policy"]


def test_the_issuer_is_the_public_address(alices: Browser, partner: Application, settings: Settings) -> None:
    settings.PUBLIC_URL = "https://shop.example"
    for buttons in ({"allow": "1"}, {"deny": "1"}):
        assert answer_of(alices.send(authorize_address(partner), buttons))["iss"] == "https://shop.example"
    refused = alices.get(authorize_address(partner, scope="openid"))
    assert answer_of(refused)["iss"] == "https://shop.example"


@pytest.mark.parametrize("state", ["a b&c=d#e/é\u2603", "x" * 500, "%2F%00", "'\"<script>"])
def test_the_state_comes_back_as_it_was(alices: Browser, partner: Application, state: str) -> None:
    for buttons in ({"allow": "1"}, {"deny": "1"}):
        assert answer_of(alices.send(authorize_address(partner, state=state), buttons))["state"] == state


def test_every_answer_has_the_headers_of_all_pages(alices: Browser, partner: Application) -> None:
    address = authorize_address(partner)
    answers = [alices.get(address), alices.send(address, {"allow": "1"}), Client().get(address)]
    answers += [alices.get(authorize_address(partner, client_id="nobody")), alices.get("/oauth/granted")]
    for page in answers:
        assert (page["Cache-Control"], page["Referrer-Policy"]) == ("no-store", "no-referrer")
        assert (page["X-Frame-Options"], page["X-Content-Type-Options"]) == ("DENY", "nosniff")
        assert "frame-ancestors 'none'" in page["Content-Security-Policy"]


@pytest.mark.parametrize("method", ["put", "patch", "delete", "options"])
def test_the_endpoint_is_read_and_posted_to(partner: Application, method: str) -> None:
    assert getattr(Client(), method)(authorize_address(partner)).status_code == 405


def test_a_consent_costs_few_queries(
    alices: Browser, partner: Application, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    address = authorize_address(partner)
    with django_assert_num_queries(6):
        alices.get(address)


def test_the_only_registered_address_may_be_left_out(alices: Browser, partner: Application) -> None:
    address = authorize_address(partner, redirect_uri=None)
    page = alices.get(address)
    assert "form-action 'self' https:;" in page["Content-Security-Policy"]
    sent = alices.send(address, {"allow": "1"})
    assert urlsplit(str(sent["Location"])).netloc == "app.example"
    assert redeem(partner, answer_of(sent)["code"], redirect_uri="") == ("read:pets", "read:orders")

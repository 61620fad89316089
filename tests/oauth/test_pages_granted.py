"""What a person has allowed: shown in words, and withdrawn by a button."""

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from applications.models import Application, Consent
from applications.services.lifecycle import pause_application
from events.models import Action, AuditEvent
from kernel import ids
from kernel.actor import SYSTEM
from tenants.models import Tenant
from tenants.scoping import all_tenants, tenant_scope
from tests.applications.registering import register
from tests.oauth.browsers import LOGIN, Browser, answer_of, authorize_address, place_of, text_of
from tests.oauth.calling import Caller
from tests.oauth.granting import allow
from tests.snapshots import snapshot

GRANTED = "/oauth/granted"


def consents() -> list[Consent]:
    with all_tenants(reason="test"):
        return list(Consent.objects.order_by("granted_at"))


def test_nobody_is_led_to_the_log_in(browser: Browser) -> None:
    page = browser.get(GRANTED)
    assert (place_of(page), answer_of(page)["next"]) == (LOGIN, GRANTED)


def test_an_application_in_the_address_says_where_to_log_in(
    browser: Browser, partner: Application, alice: User
) -> None:
    address = f"{GRANTED}?client_id={partner.client_id}"
    away = browser.get(address)
    assert "Acme" in text_of(browser.get(away["Location"]))
    assert browser.log_in("alice", next_address=address)["Location"] == address
    assert "No application may act for you at Acme" in text_of(browser.get(address))


def test_what_was_allowed_is_shown_in_words(alices: Browser, partner: Application, alice: User) -> None:
    allow(partner, alice)
    page = text_of(alices.get(GRANTED))
    for words in (
        "Logged in as alice",
        "1 application may act for you at Acme.",
        "Probe",
        f"At Acme since {consents()[0].granted_at:%-d %B %Y}",
        "See the pets",
        "See your orders",
        "Withdraw",
    ):
        assert words in page
    assert "Place and cancel orders" not in page


def test_whoever_has_allowed_nothing_is_told_so(alices: Browser) -> None:
    page = text_of(alices.get(GRANTED))
    assert "Nothing. No application may act for you at Acme." in page
    assert "Withdraw" not in page


def test_a_paused_application_is_said_to_be(alices: Browser, partner: Application, alice: User) -> None:
    allow(partner, alice)
    with tenant_scope(partner.tenant_id):
        pause_application(application_id=partner.pk, actor=SYSTEM)
    assert "paused by the store" in text_of(alices.get(GRANTED))


def test_withdrawing_ends_the_tokens_and_is_journaled(alices: Browser, probe: Caller, alice: User) -> None:
    tokens = probe.exchange(allow(probe.application, alice).form)
    headers = {"authorization": f"Bearer {tokens['access_token']}", "x-tenant-id": str(alice.tenant_id)}
    assert Client().get("/v1/orders", headers=headers).status_code == 200
    [consent] = consents()
    page = alices.send(GRANTED, {"consent": consent.pk}, headers={"x-request-id": "req-8"})
    assert (page.status_code, page["Location"]) == (302, f"{GRANTED}?withdrawn=1")
    shown = text_of(alices.get(page["Location"]))
    assert ("Withdrawn." in shown, "Nothing." in shown) == (True, True)
    assert consents() == []
    assert Client().get("/v1/orders", headers=headers).status_code == 401
    assert probe.refresh(tokens["refresh_token"]).status_code == 400
    with all_tenants(reason="test"):
        event = AuditEvent.objects.get(action=Action.CONSENT_WITHDRAWN)
    assert (event.actor_id, event.entity_id, event.request_id) == (alice.pk, probe.application.pk, "req-8")


def test_withdrawing_one_leaves_the_others(alices: Browser, acme: Tenant, partner: Application, alice: User) -> None:
    allow(partner, alice)
    allow(register(acme, name="Other").application, alice)
    first, second = consents()
    alices.send(GRANTED, {"consent": first.pk})
    assert consents() == [second]


def test_who_has_withdrawn_is_asked_again(alices: Browser, partner: Application, alice: User) -> None:
    allow(partner, alice)
    assert alices.get(authorize_address(partner)).status_code == 302
    alices.send(GRANTED, {"consent": consents()[0].pk})
    assert alices.get(authorize_address(partner)).status_code == 200


def test_what_others_have_allowed_is_neither_shown_nor_withdrawn(
    alices: Browser, partner: Application, bob: User, charlie: User, globex: Tenant
) -> None:
    theirs = register(globex, name="Theirs").application
    allow(partner, bob)
    allow(theirs, charlie)
    assert "Nothing." in text_of(alices.get(GRANTED))
    before = snapshot()
    for consent in consents():
        page = alices.send(GRANTED, {"consent": consent.pk})
        assert (page.status_code, "You have allowed no such application" in text_of(page)) == (404, True)
    assert snapshot() == before


@pytest.mark.parametrize("consent", [None, "", "x", "1", "\u2603", str(ids.new_id())])
def test_a_consent_that_there_is_not_is_not_withdrawn(
    alices: Browser, partner: Application, alice: User, consent: str | None
) -> None:
    allow(partner, alice)
    before = snapshot()
    values = {} if consent is None else {"consent": consent}
    assert alices.send(GRANTED, values).status_code == 404
    assert snapshot() == before


def test_a_second_click_finds_nothing_to_withdraw(alices: Browser, partner: Application, alice: User) -> None:
    allow(partner, alice)
    [consent] = consents()
    assert alices.send(GRANTED, {"consent": consent.pk}).status_code == 302
    before = snapshot()
    assert alices.send(GRANTED, {"consent": consent.pk}).status_code == 404
    assert snapshot() == before


@pytest.mark.parametrize("headers", [{}, {"origin": "https://evil.example"}, {"origin": "null"}])
def test_another_site_withdraws_nothing(
    alices: Browser, partner: Application, alice: User, headers: dict[str, str]
) -> None:
    allow(partner, alice)
    before = snapshot()
    values = {"consent": consents()[0].pk}
    assert alices.post(GRANTED, values, headers=headers).status_code == 403
    if headers:
        assert alices.send(GRANTED, values, headers=headers).status_code == 403
    assert snapshot() == before


def test_nobody_withdraws_nothing(browser: Browser, partner: Application, alice: User) -> None:
    allow(partner, alice)
    before = snapshot()
    assert place_of(browser.send(GRANTED, {"consent": consents()[0].pk})) == LOGIN
    assert snapshot() == before


def test_more_applications_cost_no_more_queries(
    alices: Browser, acme: Tenant, partner: Application, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    allow(partner, alice)
    with django_assert_num_queries(5):
        alices.get(GRANTED)
    for number in range(3):
        allow(register(acme, name=f"Other {number}").application, alice)
    with django_assert_num_queries(5):
        alices.get(GRANTED)


@pytest.mark.parametrize(("method", "status"), [("head", 302), ("options", 405), ("put", 405), ("delete", 405)])
def test_the_page_is_read_and_posted_to(db: None, method: str, status: int) -> None:
    assert getattr(Client(), method)(GRANTED).status_code == status
